import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Finished, type RunOptions, runCli } from '../../testing/run-cli.ts';

const MAIN = join(import.meta.dirname, '../../../../server/src/start/main.mjs');
let folder: string;
let host: string;
let server: ChildProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-operator-'));
  server = spawn(process.execPath, [MAIN, '--port', '0', '--data', folder], { env: { PATH: process.env.PATH ?? '' } });
  let said = '';
  host = await new Promise<string>((resolve, reject) => {
    server.stdout?.on('data', (chunk) => {
      said += chunk;
      const url = /running at (\S+)/.exec(said)?.[1];
      if (url && said.includes('Ctrl-C stops')) resolve(url);
    });
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
});
afterAll(async () => {
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await ended;
  expect(existsSync(join(folder, 'operator.sock'))).toBe(false);
  await rm(folder, { recursive: true, force: true });
});

const operator = (line: string, more: RunOptions = {}): Promise<Finished> => runCli(`operator ${line} --data ${folder}`, more);
const jsonOf = async (line: string) => JSON.parse((await operator(`${line} -o json`)).out);

test('a tenant, its first key, and a request with it', async () => {
  const made = await operator('tenant create acme --owner owner@acme.example --plan pro -o name');
  expect([made.exit, made.out]).toEqual([0, 'tenant/acme\n']);
  const { key } = await jsonOf('key issue acme');
  const env = { KUPE_HOST: host, KUPE_TENANT: 'acme', KUPE_API_KEY: key };
  expect((await runCli('tenant get -o name', { env })).out).toBe('tenant/acme\n');

  await operator('tenant suspend acme --reason overdue');
  const refused = await runCli('cluster list', { env });
  expect([refused.exit, refused.err]).toEqual([3, expect.stringContaining('Tenant "acme" is suspended: overdue')]);
  expect((await operator('tenant list')).out).toMatch(/^acme +Suspended +pro/m);
  await operator('tenant resume acme');
  expect((await runCli('cluster list', { env })).exit).toBe(0);

  await operator('provisioning pause');
  const paused = await runCli('cluster create one --no-wait', { env });
  expect([paused.exit, paused.err]).toEqual([7, expect.stringContaining('Cluster creation is temporarily paused')]);
  expect((await operator('provisioning resume')).out).toBe('PROVISIONING  running\n');

  const rows = (await jsonOf('audit acme')).items as { action: string; actor: string }[];
  expect(rows.map(({ action }) => action)).toEqual([
    'operator.tenants.update',
    'operator.tenants.update',
    'operator.api-keys.create',
    'operator.tenants.create',
  ]);
  expect(rows.every(({ actor }) => /^operator:.+/.test(actor))).toBe(true);
  expect((await jsonOf('audit --limit 1')).items).toMatchObject([{ action: 'operator.provisioning.set' }]);
});

test('plans, versions, limits and the dedicated switch', async () => {
  expect(await jsonOf('plan set pro --fee 59.00 --max-clusters 8 --memory 48')).toMatchObject({
    platformFee: '59.00',
    maxClusters: 8,
    resourcePool: { cpu: '8', memory: '48', storage: '200' },
  });
  expect((await jsonOf('plan list')).items).toHaveLength(4);
  expect((await operator('version set 1.31 withdrawn')).out).toMatch(/STATE +withdrawn/);
  expect((await operator('version list')).out).toMatch(/^1\.31 .* withdrawn$/m);
  expect((await jsonOf('limits show 203.0.113.7')).group).toContain('203.0.113.7');
  expect((await operator('limits forgive 203.0.113.7')).exit).toBe(0);
  expect((await jsonOf('tenant dedicated demo on')).allowsDedicated).toBe(true);
});

test('metrics are the text that Prometheus reads', async () => {
  await fetch(`${host}/api/v1/plans`);
  const { exit, out } = await operator('metrics');
  expect(exit).toBe(0);
  expect(out).toMatch(/^openkupe_limit_allowed_total [1-9]\d*$/m);
  expect(out).toMatch(/^# TYPE process_resident_memory_bytes gauge$/m);
  const asked = await operator('metrics -o json');
  expect([asked.exit, asked.out]).toEqual([2, '']);
});

test.each([
  ['tenant create acme', 2, "Required option '--owner <email>' not specified"],
  ['tenant create Acme --owner a@b.example', 2, 'tenant name must be'],
  ['tenant create demo --owner a@b.example', 5, 'exists already'],
  ['tenant resume nobody', 4, 'Tenant "nobody" not found'],
  ['tenant dedicated demo maybe', 2, 'use on or off'],
  ['plan set pro', 2, 'There is nothing to change'],
  ['plan set pro --max-clusters many', 2, '"many" is no whole number'],
  ['version set 1.30 gone', 2, 'state must be one of offered, retiring, withdrawn'],
  ['limits show nowhere', 2, 'address must be an IPv4 or IPv6 address'],
])('%s ends with %i', async (line, exit, message) => {
  const finished = await operator(line);
  expect([finished.exit, finished.out, finished.err]).toEqual([exit, '', expect.stringContaining(message)]);
});

test('without a server it says where it looked, by flag, then environment, then ./data', async () => {
  const nowhere = await runCli('operator tenant list --socket /nowhere/o.sock');
  expect([nowhere.exit, nowhere.err]).toEqual([7, expect.stringContaining('No control plane answers on "/nowhere/o.sock" (ENOENT)')]);
  const env = { OPENKUPE_OPERATOR_SOCKET: '/nowhere/else.sock', OPENKUPE_DATA: folder };
  expect((await runCli('operator tenant list', { env })).err).toContain('"/nowhere/else.sock"');
  expect((await runCli('operator tenant list', { env: { OPENKUPE_DATA: folder } })).exit).toBe(0);
});

test('help goes down the nouns', async () => {
  expect((await runCli('operator')).out).toContain('provisioning');
  expect((await runCli('operator tenant --help')).out).toContain('suspend');
  expect((await runCli('--help')).out).toMatch(/^ {2}operator /m);
  const wrong = await runCli('operator tenant destroy acme');
  expect([wrong.exit, wrong.err]).toEqual([2, expect.stringContaining('operator')]);
});

test('a tenant is deleted with --yes only, and with its clusters only with --cascade', async () => {
  await operator('tenant create leaving --owner owner@leaving.example');
  const { key } = await jsonOf('key issue leaving');
  const env = { KUPE_HOST: host, KUPE_TENANT: 'leaving', KUPE_API_KEY: key };
  expect((await runCli('cluster create last --no-wait', { env })).exit).toBe(0);
  const unsure = await operator('tenant delete leaving --cascade');
  expect([unsure.exit, unsure.err]).toEqual([2, expect.stringContaining('openkupe operator tenant delete leaving --cascade --yes')]);
  const busy = await operator('tenant delete leaving --yes');
  expect([busy.exit, busy.err]).toEqual([5, expect.stringContaining('has 1 cluster; delete it first')]);
  expect((await jsonOf('tenant delete leaving --cascade --yes')).phase).toBe('Terminating');
});

test('a key that cannot be written says how to take it back, and that does', async () => {
  await operator('tenant create lossy --owner owner@lossy.example');
  const lost = await operator('key issue lossy', { stdoutError: 'ENOSPC' });
  expect([lost.exit, lost.err]).toEqual([1, expect.stringMatching(/^Error: The API key ak-\w+ was issued, but could not be written/)]);
  const revoke = / {2}openkupe (operator key revoke lossy ak-\w+ .*?) {2}#/.exec(lost.err)?.[1] ?? '';
  expect((await runCli(`${revoke} -o json`)).exit).toBe(0);
  expect((await runCli(revoke)).exit).toBe(4);
});
