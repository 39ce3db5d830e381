import { setTimeout as pause } from 'node:timers/promises';
import { systemClock, systemRandom } from '@openkupe/contract';
import { Redis } from 'iovalkey';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGuard } from './create-guard.ts';
import { hasRedisServer, type RedisServer, startRedisServer } from './testing/redis-server.ts';
import { createValkeyStore } from './valkey-store.ts';

/** Waits until something is so, at most five seconds. */
async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !isSo(); turn += 1) await pause(10);
  expect(isSo()).toBe(true);
}

const LIMIT = { name: 'address', perSecond: 10, burst: 100, horizonMs: 60_000 };
const ADDRESS = '192.0.2.1';

describe.skipIf(!hasRedisServer)('nodes that share a store (needs redis-server on the PATH)', () => {
  let redis: RedisServer;
  const opened: (() => void)[] = [];

  const node = (namespace: string) => {
    const store = createValkeyStore({ url: `redis://127.0.0.1:${redis.port}`, patienceMs: 200, namespace });
    const lines: string[] = [];
    const guard = createGuard({
      log: { warn: (_fields, message) => void lines.push(message) },
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
    return { guard, lines, take, sharing: guard.sharing as NonNullable<typeof guard.sharing> };
  };
  const together = (...nodes: ReturnType<typeof node>[]) =>
    until(() => nodes.every(({ sharing }) => sharing.state === 'shared' && sharing.nodes === nodes.length));

  beforeAll(async () => {
    redis = await startRedisServer();
  });
  afterAll(async () => {
    for (const close of opened) close();
    await redis?.remove();
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

  it('keep a slot for nobody, because each promises without the other; one that is alone does', async () => {
    const first = node('slots');
    await together(first);
    first.take(100);
    expect(first.guard.admit({ address: ADDRESS })).toMatchObject({ isAdmitted: false, isReserved: true });
    await together(first, node('slots'));
    first.take(100);
    expect(first.guard.admit({ address: ADDRESS })).toMatchObject({ isAdmitted: false, isReserved: false });
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
    await redis.kill();
    await until(() => nodes.every(({ sharing }) => sharing.state === 'local-share'));
    const start = performance.now();
    expect(nodes.map(({ take }) => take(150))).toEqual([50, 50]);
    expect(nodes[0]?.guard.admit({ address: ADDRESS }).headers['ratelimit-policy']).toBe('"address";q=50;w=10');
    // No request waits for a store: three hundred decisions beside a dead one.
    expect(performance.now() - start).toBeLessThan(100);
    await redis.start();
    await together(...nodes);
    // What each spent alone is told: together they have spent the whole burst. A node learns of the others when it spends.
    nodes[0]?.take(1);
    await pause(50);
    for (const { lines } of nodes) {
      const ofStore = lines.filter((line) => line.includes('shared store'));
      expect(ofStore.map((line) => line.replace(/;.*/, ''))).toEqual([
        'the shared store of limits does not answer',
        'the shared store of limits answers again',
      ]);
    }
    const cameBack = ((performance.now() - start) / 1000) * LIMIT.perSecond;
    expect(nodes[0]?.take(60)).toBeLessThanOrEqual(cameBack + 2);
    expect(nodes[0]?.guard.admit({ address: ADDRESS }).headers['ratelimit-policy']).toBe('"address";q=100;w=10');
  });

  it('go on alone when the store is slow, and come back', async () => {
    const nodes = [node('slow'), node('slow')];
    await together(...nodes);
    redis.signal('SIGSTOP');
    await until(() => nodes.every(({ sharing }) => sharing.state === 'local-share'));
    expect(nodes[0]?.take(150)).toBe(50);
    redis.signal('SIGCONT');
    await together(...nodes);
  });

  it('tell again what was not answered, and it counts once', async () => {
    const store = createValkeyStore({ url: `redis://127.0.0.1:${redis.port}`, patienceMs: 200, namespace: 'told' });
    opened.push(() => store.close());
    const tell = async (nodeId: string, sequence: number) =>
      (await store.exchange({ nodeId, sequence, spendings: [{ key: 'a', spentMs: 5_000, knownMs: 0 }] })).aheadMs[0] ?? 0;
    await pause(100);
    expect(await tell('one', 1)).toBe(5_000);
    expect(await tell('one', 1)).toBeLessThanOrEqual(5_000);
    expect(await tell('two', 1)).toBeGreaterThan(9_000);
    expect(await tell('one', 2)).toBeGreaterThan(14_000);
    // What was on its way while the next was answered arrives late.
    expect(await tell('one', 1)).toBeLessThan(15_000);
  });

  it('teach a store that was emptied what they know', async () => {
    const nodes = [node('flush'), node('flush')];
    await together(...nodes);
    expect(nodes[0]?.take(100)).toBe(100);
    await pause(50);
    const operator = new Redis({ port: redis.port });
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
