import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock, systemRandom } from '@openkupe/contract';
import { Redis } from 'iovalkey';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGuard } from './create-guard.ts';
import type { SharedStore } from './shared-store.ts';
import { createValkeyStore } from './valkey-store.ts';

function binary(): string | undefined {
  for (const name of ['valkey-server', 'redis-server']) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8' }).trim();
    } catch {
      // The next one.
    }
  }
  return undefined;
}

const program = binary();
if (!program) console.warn('SKIPPED: neither valkey-server nor redis-server is installed, so the shared store was not tested.');

const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

/** Waits until something is so, at most five seconds. */
async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !isSo(); turn += 1) await pause(10);
  expect(isSo()).toBe(true);
}

const LIMIT = { name: 'address', perSecond: 10, burst: 100, horizonMs: 60_000 };
const ADDRESS = '192.0.2.1';

describe.skipIf(!program)('nodes that share a store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'openkupe-shared-'));
  let server: ChildProcess | undefined;
  let port = 0;
  const opened: (() => void)[] = [];

  const startServer = async () => {
    const own = spawn(program as string, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder], { stdio: 'pipe' });
    server = own;
    await new Promise<void>((resolve) => own.stdout?.on('data', (text) => String(text).includes('Ready to accept') && resolve()));
  };
  const stopServer = async () => {
    const own = server;
    if (!own) return;
    const gone = new Promise((resolve) => own.once('exit', resolve));
    own.kill('SIGCONT');
    own.kill('SIGKILL');
    await gone;
  };
  const node = (namespace: string, wrap: (store: SharedStore) => SharedStore = (store) => store) => {
    const store = wrap(createValkeyStore({ url: `redis://127.0.0.1:${port}`, patienceMs: 200, namespace }));
    const guard = createGuard({
      clock: systemClock,
      random: systemRandom,
      limits: { address: LIMIT, addresses: 4096 },
      sharing: { clock: systemClock, store, everyMs: 5, patienceMs: 100 },
    });
    const stopping = new AbortController();
    void guard.sharing?.run(stopping.signal);
    opened.push(() => {
      stopping.abort();
      store.close();
    });
    const take = (times: number) =>
      Array.from({ length: times }, () => guard.admit({ address: ADDRESS })).filter(({ isAdmitted }) => isAdmitted).length;
    return { guard, take, sharing: guard.sharing as NonNullable<typeof guard.sharing> };
  };
  const together = (...nodes: ReturnType<typeof node>[]) =>
    until(() => nodes.every(({ sharing }) => sharing.state === 'shared' && sharing.nodes === nodes.length));

  beforeAll(async () => {
    port = await freePort();
    await startServer();
  });
  afterAll(async () => {
    for (const close of opened) close();
    await stopServer();
    rmSync(folder, { recursive: true, force: true });
  });

  it('enforce one limit together', async () => {
    const nodes = [node('one'), node('one'), node('one')];
    await together(...nodes);
    let admitted = 0;
    const start = performance.now();
    for (let turn = 0; turn < 60; turn += 1) {
      for (const { take } of nodes) admitted += take(2);
      await pause(10);
    }
    const exact = LIMIT.burst + ((performance.now() - start) / 1000) * LIMIT.perSecond;
    expect(admitted).toBeGreaterThan(exact * 0.9);
    expect(admitted).toBeLessThan(exact * 1.15);
  });

  it('owe what they admitted in the same moment', async () => {
    const nodes = [node('debt'), node('debt')];
    await together(...nodes);
    // Nobody can know of the other within one millisecond; both give the burst away.
    expect(nodes.map(({ take }) => take(150))).toEqual([100, 100]);
    await pause(1200);
    // 200 were admitted from a bucket of 100 that refills by ten a second: ten seconds of debt, less what has passed.
    for (const { guard } of nodes) expect(Number(guard.admit({ address: ADDRESS }).headers['retry-after'])).toBeGreaterThanOrEqual(8);
  });

  it('go on with their share when the store is dead, neither open nor closed, and say so in the header', async () => {
    const nodes = [node('dead'), node('dead')];
    await together(...nodes);
    await stopServer();
    await until(() => nodes.every(({ sharing }) => sharing.state === 'local-share'));
    const start = performance.now();
    expect(nodes.map(({ take }) => take(150))).toEqual([50, 50]);
    expect(nodes[0]?.guard.admit({ address: ADDRESS }).headers['ratelimit-policy']).toBe('"address";q=50;w=10');
    // No request waits for a store: three hundred decisions beside a dead one.
    expect(performance.now() - start).toBeLessThan(100);
    await startServer();
    await together(...nodes);
    // What each spent alone is told, less what has come back: together they have spent the whole burst. A node learns of the others
    // when it spends.
    nodes[0]?.take(1);
    await pause(50);
    expect(nodes[0]?.take(100)).toBeLessThan(5 + ((performance.now() - start) / 1000) * LIMIT.perSecond);
    expect(nodes[0]?.guard.admit({ address: ADDRESS }).headers['ratelimit-policy']).toBe('"address";q=100;w=10');
  });

  it('go on alone when the store is slow, and come back', async () => {
    const nodes = [node('slow'), node('slow')];
    await together(...nodes);
    server?.kill('SIGSTOP');
    await until(() => nodes.every(({ sharing }) => sharing.state === 'local-share'));
    expect(nodes[0]?.take(150)).toBe(50);
    server?.kill('SIGCONT');
    await together(...nodes);
  });

  it('teach a store that was emptied what they know', async () => {
    const nodes = [node('flush'), node('flush')];
    await together(...nodes);
    expect(nodes[0]?.take(100)).toBe(100);
    await pause(50);
    const operator = new Redis({ port });
    await operator.flushall();
    operator.disconnect();
    // The next request that is admitted anywhere carries the knowledge back.
    await pause(300);
    expect(nodes[0]?.take(5)).toBeGreaterThanOrEqual(1);
    await pause(50);
    expect(nodes[1]?.take(1)).toBe(1);
    await pause(50);
    expect(nodes[1]?.take(50)).toBeLessThanOrEqual(3);
  });
});
