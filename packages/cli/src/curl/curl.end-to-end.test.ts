import { execFile } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startForwarder } from '../testing/forwarder.ts';
import { type RealServer, runBin, startRealServer } from '../testing/real-server.ts';
import { runCli } from '../testing/run-cli.ts';

let server: RealServer;
beforeAll(async () => {
  server = await startRealServer();
});
afterAll(() => server?.stop());
let env: Readonly<Record<string, string>>;
let tenants = 0;
beforeEach(async () => {
  tenants += 1;
  env = await server.addTenant(`curl-${tenants}`);
});

interface Ended {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** Prints the script of a command, which must not hold the key, and runs it in bash. */
async function inBash(line: string, more: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const printed = await runCli(`${line} --curl`, { env: { ...env, ...more } });
  expect([printed.exit, printed.err]).toEqual([0, '']);
  expect(printed.out).not.toContain(env.KUPE_API_KEY);
  return new Promise((resolve) => {
    const child = execFile('bash', ['-s'], { env: { PATH: process.env.PATH, KUPE_API_KEY: env.KUPE_API_KEY } }, (error, out, err) =>
      resolve({ exit: error ? Number(error.code) : 0, out, err }),
    );
    child.stdin?.end(printed.out);
  });
}

test('the scripts do what their commands do, waits included', async () => {
  const made = await inBash('cluster create production --cpu 1 --memory 1Gi');
  expect([made.exit, made.err, JSON.parse(made.out)]).toMatchObject([0, '', { name: 'production', status: { phase: 'Running' } }]);
  expect((await inBash('cluster create production')).exit).toBe(5);
  const changed = await inBash('cluster update production --cpu 2 --label team=a');
  expect([changed.exit, JSON.parse(changed.out)]).toMatchObject([0, { resources: { cpu: '2', memory: '1Gi' }, labels: { team: 'a' } }]);
  expect(JSON.parse((await inBash('cluster list')).out).items).toHaveLength(1);
  expect(JSON.parse((await inBash('plan get pro')).out)).toMatchObject({ name: 'pro' });
  expect((await inBash('secret create database --path a/b')).exit).toBe(0);
  expect((await inBash('secret update database --sync production/default')).exit).toBe(0);
  expect((await inBash('member create developer@acme.example --role readonly')).exit).toBe(0);
  expect((await inBash('cluster get nothing')).exit).toBe(4);
  expect((await inBash('cluster delete production')).exit).toBe(0);
  expect((await inBash('cluster get production')).exit).toBe(4);
}, 120_000);

test('a change that another client makes between the read and the write is not lost', async () => {
  await runBin(['cluster', 'create', 'production', '--cpu', '1', '--memory', '1Gi', '--no-wait'], env);
  const forwarder = await startForwarder(env.KUPE_HOST ?? '');
  let isChanged = false;
  forwarder.before = async (line) => {
    if (isChanged || !line.startsWith('PATCH')) return;
    isChanged = true;
    await runBin(['cluster', 'update', 'production', '--memory', '2Gi', '--no-wait'], env);
  };
  const { exit, err, out } = await inBash('cluster update production --cpu 2 --no-wait', { KUPE_HOST: forwarder.host });
  await forwarder.close();
  expect(exit, err).toBe(0);
  expect(JSON.parse(out).resources).toEqual({ cpu: '2', memory: '2Gi' });
  expect(forwarder.seen.filter((line) => line.startsWith('PATCH'))).toHaveLength(2);
}, 120_000);

test('a 429 is waited for as long as Retry-After says', async () => {
  const limited = await startRealServer({ OPENKUPE_RATE_LIMIT_BURST: '3' });
  try {
    env = await limited.addTenant('limited');
    for (let sent = 0; sent < 4; sent += 1) await runCli('tenant get -q', { env });
    expect((await inBash('tenant get')).exit).toBe(0);
  } finally {
    await limited.stop();
  }
}, 120_000);
