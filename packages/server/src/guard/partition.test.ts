import { setTimeout as pause } from 'node:timers/promises';
import { systemClock, systemRandom } from '@openkupe/contract';
import { Redis } from 'iovalkey';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGuard } from './create-guard.ts';
import { type Direction, startWire } from './testing/black-hole.ts';
import { hasRedisServer, type RedisServer, startRedisServer } from './testing/redis-server.ts';
import { createValkeyStore } from './valkey-store.ts';

const LIMIT = { name: 'address', perSecond: 10, burst: 100, horizonMs: 60_000 };
const INTERVAL_MS = 1000 / LIMIT.perSecond;
const SHARING = { everyMs: 10, patienceMs: 150 };
/** A node that is cut off knows it after this long. */
const NOTICED_MS = SHARING.everyMs + SHARING.patienceMs;
/** A node whose wire is whole again is back after this long: a second of the probe, one of the connection. */
const BACK_MS = 3_000;
const ADDRESS = '192.0.2.1';

/** A node whose wire to the store can be cut. */
async function startNode(storePort: number, namespace: string) {
  const wire = await startWire(storePort);
  const store = createValkeyStore({ url: `redis://127.0.0.1:${wire.port}`, patienceMs: SHARING.patienceMs, namespace });
  const limits = { address: LIMIT, addresses: 4096 };
  const guard = createGuard({ clock: systemClock, random: systemRandom, limits, sharing: { clock: systemClock, store, ...SHARING } });
  const stopping = new AbortController();
  const sharing = guard.sharing as NonNullable<typeof guard.sharing>;
  const ended = sharing.run(stopping.signal);
  const tookMs: number[] = [];
  let admitted = 0;
  const ask = (address = ADDRESS) => {
    const startedMs = performance.now();
    const admission = guard.admit({ address });
    tookMs.push(performance.now() - startedMs);
    if (admission.isAdmitted && address === ADDRESS) admitted += 1;
    return admission;
  };
  return {
    guard,
    sharing,
    wire,
    ask,
    take: (times: number) => Array.from({ length: times }, () => ask()).filter(({ isAdmitted }) => isAdmitted).length,
    /** How long ninety-nine of a hundred requests waited at most. */
    waitedMs: () => tookMs.sort((one, other) => one - other)[Math.floor(tookMs.length * 0.99)],
    get admitted() {
      return admitted;
    },
    async stop() {
      stopping.abort();
      store.close();
      await ended;
      wire.close();
    },
  };
}

type Node = Awaited<ReturnType<typeof startNode>>;

describe.skipIf(!hasRedisServer).concurrent('a partition between nodes and their store (needs redis-server on the PATH)', () => {
  let redis: RedisServer;
  let operator: Redis;
  let rounds = 0;
  const running: Node[] = [];
  const rejections: unknown[] = [];
  const noteRejection = (reason: unknown) => void rejections.push(reason);

  const until = async (isSo: () => boolean, withinMs: number) => {
    const startedMs = performance.now();
    while (!isSo() && performance.now() - startedMs < withinMs) await pause(5);
    expect(isSo()).toBe(true);
    return performance.now() - startedMs;
  };
  const together = (nodes: readonly Node[]) =>
    until(() => nodes.every(({ sharing }) => sharing.state === 'shared' && sharing.nodes === nodes.length), BACK_MS);
  const startNodes = async () => {
    rounds += 1;
    const namespace = `round-${rounds}`;
    const nodes = [await startNode(redis.port, namespace), await startNode(redis.port, namespace)] as const;
    running.push(...nodes);
    await together(nodes);
    return { nodes, namespace };
  };
  /** How far ahead the store has the address, in milliseconds of quota. */
  const aheadInStore = async (namespace: string) => {
    const [arrival, [seconds, micros]] = await Promise.all([
      operator.get(`{openkupe-guard}${namespace}:${ADDRESS}`),
      operator.time() as Promise<[number, number]>,
    ]);
    return Math.max(0, Number(arrival ?? 0) - (Number(seconds) * 1000 + Number(micros) / 1000));
  };

  beforeAll(async () => {
    process.on('unhandledRejection', noteRejection);
    redis = await startRedisServer();
    operator = new Redis({ port: redis.port });
  });
  afterAll(async () => {
    await Promise.all(running.map((node) => node.stop()));
    process.off('unhandledRejection', noteRejection);
    operator?.disconnect();
    await redis?.remove();
    expect(rejections).toEqual([]);
  });
  it.each<[string, readonly Direction[]]>([
    ['all that both send', ['toStore']],
    ['all that both get', ['toNode']],
    ['everything', ['toStore', 'toNode']],
  ])(
    'that swallows %s of both: each enforces its share in time, together they admit no more than the limit, and agree again',
    async (_what, lost) => {
      const { nodes, namespace } = await startNodes();
      const startedMs = performance.now();
      for (const { wire } of nodes) wire.cut(lost);
      await until(() => nodes.every(({ sharing }) => sharing.state === 'local-share'), NOTICED_MS + 150);
      expect(nodes.map(({ take }) => take(150))).toEqual([LIMIT.burst / 2, LIMIT.burst / 2]);
      expect(nodes[0].ask().headers['ratelimit-policy']).toBe('"address";q=50;w=10');
      while (performance.now() - startedMs < 3_000) {
        for (const { take } of nodes) take(2);
        await pause(20);
      }
      for (const { wire } of nodes) wire.heal();
      await together(nodes);
      const cutMs = performance.now() - startedMs;
      const admitted = nodes.reduce((sum, node) => sum + node.admitted, 0);
      expect(admitted).toBeLessThanOrEqual(LIMIT.burst + (cutMs / 1000) * LIMIT.perSecond + 2);
      expect(admitted).toBeGreaterThan(LIMIT.burst + 2 * LIMIT.perSecond);

      // All that was spent is told, once: the bucket is empty, and not emptier than empty.
      for (const { take } of nodes) take(1);
      await pause(100);
      const owedMs = admitted * INTERVAL_MS - (performance.now() - startedMs);
      expect(await aheadInStore(namespace)).toBeGreaterThan(owedMs - 1_500);
      expect(await aheadInStore(namespace)).toBeLessThan(owedMs + 1_500);
      for (const node of nodes) expect(node.waitedMs()).toBeLessThan(5);
    },
  );

  it('of one node: it enforces its share, the other the limit, and both see the debt afterwards', async () => {
    const { nodes } = await startNodes();
    const [alone, other] = nodes;
    const startedMs = performance.now();
    alone.wire.cut(['toStore', 'toNode']);
    await until(() => alone.sharing.state === 'local-share', NOTICED_MS + 150);
    while (performance.now() - startedMs < 3_000) {
      alone.take(3);
      other.take(3);
      await pause(20);
    }
    expect(other.sharing.state).toBe('shared');
    alone.wire.heal();
    await together(nodes);
    const seconds = (performance.now() - startedMs) / 1000;
    expect(other.admitted).toBeLessThanOrEqual(LIMIT.burst + seconds * LIMIT.perSecond + 2);
    // The bound that is stated: a share of the limit for each node that is cut off, on top of the limit.
    expect(alone.admitted).toBeLessThanOrEqual((LIMIT.burst + seconds * LIMIT.perSecond) / 2 + 2);
    // A node that nobody asks looks at an address twenty times while it recovers.
    await pause(1_000);
    // The bucket was spent, and the share of one node beside it: five seconds of debt, less what has passed.
    const resets = nodes.map(({ guard }) => guard.show(ADDRESS).limits[0]?.resetSeconds ?? 0);
    expect(Math.min(...resets)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...resets)).toBeLessThanOrEqual(LIMIT.burst / 2 / LIMIT.perSecond);
    expect(Math.max(...resets) - Math.min(...resets)).toBeLessThanOrEqual(1);
    for (const node of nodes) expect(node.waitedMs()).toBeLessThan(5);
  });

  it('that swallows answers only: what was told many times counts once', async () => {
    const { nodes, namespace } = await startNodes();
    const [node] = nodes;
    const startedMs = performance.now();
    expect(node.take(LIMIT.burst)).toBe(LIMIT.burst);
    for (const { wire } of nodes) wire.cut(['toNode']);
    while (performance.now() - startedMs < 4_500) {
      node.take(1);
      await pause(50);
    }
    expect(node.sharing.state).toBe('local-share');
    for (const { wire } of nodes) wire.heal();
    await together(nodes);
    await pause(100);
    // What it had not told yet when the wire was cut comes back at its share, half of the rate.
    const owedMs = node.admitted * INTERVAL_MS - (performance.now() - startedMs) / 2;
    expect(await aheadInStore(namespace)).toBeLessThan(owedMs + 1_000);
  });

  it('piles up neither commands nor connections, however much is asked meanwhile', async () => {
    const { nodes } = await startNodes();
    const [node] = nodes;
    node.wire.cut(['toStore', 'toNode']);
    const startedMs = performance.now();
    for (let turn = 0; performance.now() - startedMs < 5_000; turn += 1) {
      for (let host = 0; host < 200; host += 1) node.ask(`198.51.${turn % 100}.${host}`);
      await pause(10);
    }
    // One connection that is given up while the next one is tried.
    expect(node.wire.mostOpen).toBeLessThanOrEqual(2);
    expect(node.wire.mostHeldBytes).toBeLessThan(32 * 1024);
    node.wire.heal();
    await together(nodes);
    await until(() => node.wire.open === 1, 1_000);
  });

  it('leaves no address shut out that asked slowly all the time', async () => {
    const { nodes } = await startNodes();
    const [node] = nodes;
    const calm = Array.from({ length: 800 }, (_, host) => `203.0.${113 + (host >> 8)}.${host & 255}`);
    node.wire.cut(['toStore', 'toNode']);
    await until(() => node.sharing.state === 'local-share', NOTICED_MS + 150);
    for (let turn = 0; turn < 40; turn += 1) {
      for (const address of calm) if (turn % 10 < 5) node.ask(address);
      await pause(100);
    }
    node.wire.heal();
    await together(nodes);
    await pause(300);
    // Each made 20 requests in four seconds, in which 20 came back.
    const left = calm.map((address) => node.guard.show(address).limits[0]?.remaining ?? 0);
    expect(Math.min(...left)).toBeGreaterThanOrEqual(LIMIT.burst - 10);
  });
});
