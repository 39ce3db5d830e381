import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const BIN = join(import.meta.dirname, '..', 'bin', 'openkupe.cjs');
const SHORT_LIVES = {
  OPENKUPE_SANDBOX_PROVISIONING_SECONDS: '2',
  OPENKUPE_SANDBOX_UPGRADING_SECONDS: '1',
  OPENKUPE_SANDBOX_TERMINATING_SECONDS: '1',
};
const folder = mkdtempSync(join(tmpdir(), 'openkupe-e2e-'));
const base = { PATH: process.env.PATH ?? '', HOME: folder };
let started: Record<string, string> = base;
let environment: Record<string, string> = base;
let server: Started;

interface Started {
  readonly process: ChildProcess;
  readonly said: () => string;
}

interface Ended {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the program as a user does: the committed starter, the bundle, a process of its own. */
function openkupe(line: string, more: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...line.split(' ')], { env: { ...environment, ...more } }, (error, out, err) => {
      resolve({ exit: error === null ? 0 : Number(error.code ?? -1), out, err });
    });
  });
}

/** Reads KUPE_… out of the file that the server wrote for scripts. */
function readEnvironmentFile(path: string): Record<string, string> {
  return Object.fromEntries(
    [...readFileSync(path, 'utf8').matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
}

async function startServer(data: string, envFile: string, inShell?: 'in the shell of npx'): Promise<Started> {
  const line = [process.execPath, BIN, 'up', '--port', '0', '--data', data, '--write-env', envFile] as const;
  const [program, ...args] = inShell ? ['sh', '-c', '"$@"; exit', 'sh', ...line] : line;
  const child = spawn(program, args, {
    env: { ...base, ...SHORT_LIVES, ...(inShell ? { npm_lifecycle_event: 'npx' } : {}) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('Ctrl-C stops')) resolve();
    });
  });
  return { process: child, said: () => said };
}

beforeAll(async () => {
  const envFile = join(folder, 'env.sh');
  server = await startServer(join(folder, 'data'), envFile);
  started = { ...base, OPENKUPE_DATA: join(folder, 'data'), ...readEnvironmentFile(envFile) };
});

/** A tenant of its own for every test. */
let tenants = 0;
beforeEach(async () => {
  tenants += 1;
  const tenant = `test-${tenants}`;
  environment = started;
  expect((await openkupe(`operator tenant create ${tenant} --owner owner@acme.example --plan pro`)).exit).toBe(0);
  const { key } = JSON.parse((await openkupe(`operator key issue ${tenant} -o json`)).out);
  environment = { ...started, KUPE_TENANT: tenant, KUPE_API_KEY: key };
});
const create = async (line: string) => expect((await openkupe(`cluster create ${line}`)).exit).toBe(0);

afterAll(async () => {
  // NOTE: SIGTERM, because `up` passes that on; a SIGKILL would end `up` alone and leave the server behind.
  const ended = new Promise((resolve) => server.process.once('exit', resolve));
  server.process.kill('SIGTERM');
  await ended;
  rmSync(folder, { recursive: true, force: true });
});

describe('the life of a cluster on a started server', () => {
  test('tenant and plans', async () => {
    expect(JSON.parse((await openkupe('tenant get -o json')).out)).toMatchObject({ name: `test-${tenants}`, plan: 'pro' });
    expect((await openkupe('plan list -o name', { KUPE_API_KEY: '', KUPE_TENANT: '' })).out).toContain('plan/pro\n');
  });

  test('create waits until it runs, and tells what it waits for', async () => {
    const { exit, out, err } = await openkupe('cluster create production --cpu 2 --memory 4Gi -o json');
    expect(exit, err).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ name: 'production', resources: { cpu: '2', memory: '4Gi' }, status: { phase: 'Running' } });
    expect(err).toMatch(/^\[00:0\d\] (Pending|Provisioning).*\n(.*\n)*\[00:0\d\] Running\n$/);
  });

  test('creating it again is exit code 5, and names the one that is there', async () => {
    await create('production --no-wait');
    const { exit, out, err } = await openkupe('cluster create production');
    expect([exit, out]).toEqual([5, '']);
    expect(err).toMatch(/^Error: .*production.*\n {2}openkupe cluster get production /);
  });

  test('update waits until the change is applied; the same again sends nothing', async () => {
    await create('production --cpu 2 --memory 4Gi');
    const changed = await openkupe('cluster update production --memory 8Gi -o json');
    expect(changed.exit, changed.err).toBe(0);
    expect(JSON.parse(changed.out)).toMatchObject({
      resources: { cpu: '2', memory: '8Gi' },
      generation: 2,
      status: { observedGeneration: 2 },
    });
    expect((await openkupe('cluster update production --memory 8Gi')).err).toContain('nothing was sent');
  });

  test('a stale --if-match is exit code 5, the present one is accepted', async () => {
    await create('production --no-wait');
    const { resourceVersion } = JSON.parse((await openkupe('cluster get production -o json')).out);
    expect((await openkupe('cluster update production --cpu 3 --if-match 1')).exit).toBe(5);
    expect((await openkupe(`cluster update production --cpu 3 --if-match ${resourceVersion} --no-wait`)).exit).toBe(0);
  });

  test('two at once both succeed, and neither change is lost', async () => {
    await create('production --memory 8Gi');
    const ends = await Promise.all([openkupe('cluster update production --cpu 1'), openkupe('cluster update production --storage 10Gi')]);
    expect(ends.map(({ exit }) => exit)).toEqual([0, 0]);
    expect(JSON.parse((await openkupe('cluster get production -o json')).out).resources).toEqual({
      cpu: '1',
      memory: '8Gi',
      storage: '10Gi',
    });
  });

  test('the kubeconfig it merges reaches the cluster, with its CA checked', async () => {
    await create('production');
    const { exit, err } = await openkupe('cluster kubeconfig production --merge');
    expect(exit, err).toBe(0);
    const path = join(folder, '.kube', 'config');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const config = parse(readFileSync(path, 'utf8'));
    expect(config['current-context']).toBe(`kupe-test-${tenants}-production`);
    const { server: url, 'certificate-authority-data': ca } = config.clusters[0].cluster;
    const status = await new Promise((resolve, reject) => {
      const agent = new Agent({ ca: Buffer.from(ca, 'base64') });
      const headers = { authorization: `Bearer ${config.users[0].user.token}` };
      request(`${url}/version`, { agent, headers }, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
  });

  test('an API key that reads but does not write', async () => {
    await create('production --no-wait');
    const made = JSON.parse((await openkupe('apikey create viewer --role readonly --expires 1d -o json')).out);
    const viewer = { KUPE_API_KEY: made.key };
    expect((await openkupe('cluster list -o name', viewer)).out).toBe('cluster/production\n');
    expect((await openkupe('cluster create other', viewer)).exit).toBe(3);
    expect((await openkupe('apikey list -o name')).out).toContain(`apikey/${made.id}\n`);
    expect((await openkupe(`apikey delete ${made.id}`)).exit).toBe(0);
    expect((await openkupe('cluster list', viewer)).exit).toBe(3);
  });

  test('an API key with scopes and address ranges: shown to itself, rotated, and refused from elsewhere', async () => {
    const made = JSON.parse((await openkupe('apikey create deploy --role admin --scopes clusters:read --from 127.0.0.1/32 -o json')).out);
    const deploy = { KUPE_API_KEY: made.key };
    expect((await openkupe('cluster list', deploy)).exit).toBe(0);
    const refused = await openkupe('cluster create other', deploy);
    expect([refused.exit, refused.err]).toEqual([3, expect.stringContaining('clusters:create')]);
    const session = JSON.parse((await openkupe('auth whoami -o json', deploy)).out);
    expect(session).toMatchObject({
      plan: '',
      apiKey: { id: made.id, scopes: ['clusters:read'], addressRanges: ['127.0.0.1/32'] },
    });
    const rotated = JSON.parse((await openkupe(`apikey rotate ${made.id} --overlap 0 -o json`)).out);
    expect((await openkupe('cluster list', deploy)).exit).toBe(3);
    const next = { KUPE_API_KEY: rotated.key };
    expect((await openkupe('cluster list', next)).exit).toBe(0);
    expect((await openkupe(`apikey update ${rotated.id} --from 192.0.2.0/24`)).exit).toBe(0);
    expect((await openkupe('cluster list', next)).exit).toBe(3);
    expect((await openkupe(`apikey update ${rotated.id} --any-address --full-role`)).exit).toBe(0);
    expect((await openkupe('apikey list', next)).exit).toBe(0);
  });

  test('misuse, missing things and bad values', async () => {
    expect((await openkupe('cluster get nothing')).exit).toBe(4);
    expect((await openkupe('cluster create bad --memory 16')).exit).toBe(2);
    expect((await openkupe('cluster list', { KUPE_TENANT: 'other' })).exit).toBe(3);
    expect((await openkupe('cluster delete production')).exit).toBe(2);
  });

  test('Ctrl-C stops the waiting, not the work', async () => {
    const child = spawn(process.execPath, [BIN, 'cluster', 'create', 'second'], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
      if (/^\[00:0\d\].*\n$/.test(err)) child.kill('SIGINT');
    });
    const exit = await new Promise((resolve) => child.once('exit', resolve));
    expect(exit).toBe(130);
    expect(err).toContain('openkupe cluster wait second --for running');
    expect((await openkupe('cluster wait second --for running')).exit).toBe(0);
  });

  test('delete waits until it is gone', async () => {
    await create('second --no-wait');
    const { exit, out } = await openkupe('cluster delete second --yes -o json');
    expect([exit, JSON.parse(out)]).toEqual([0, { name: 'second', status: { phase: 'Deleted' } }]);
    expect((await openkupe('cluster get second')).exit).toBe(4);
  });
});

describe('up', () => {
  test('hands on its arguments and its exit code', async () => {
    const { exit, err } = await openkupe('up --prot 1');
    expect(exit).toBe(2);
    expect(err).toContain('--prot');
    expect((await openkupe('up --help')).out).toContain('--port PORT');
  });

  test('passes SIGTERM on, and the server stops as asked', async () => {
    const own = await startServer(join(folder, 'own'), join(folder, 'own.sh'));
    const ended = new Promise((resolve) => own.process.once('exit', resolve));
    own.process.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(own.said()).toContain('Stopped.');
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)('the server stops when the shell in which npx runs it ends by %s', async (signal) => {
    const own = await startServer(join(folder, signal), join(folder, `${signal}.sh`), 'in the shell of npx');
    const said = new Promise((resolve) => own.process.stdout?.once('end', resolve));
    own.process.kill(signal);
    await said;
    expect(own.said()).toContain('Stopped.');
  });
});
