import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { Redis } from 'iovalkey';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SharedStore, Telling } from './shared-store.ts';
import { createExchangeMirror } from './testing/exchange-mirror.ts';
import { hasRedisServer, type RedisServer, startRedisServer } from './testing/redis-server.ts';
import { createValkeyStore } from './valkey-store.ts';

const KEYS = ['192.0.2.1', '192.0.2.2', '2001:db8:0:1::/64'];
const TOLERANCE_MS = 60_000;

describe.skipIf(!hasRedisServer)('the exchange script (needs redis-server on the PATH)', () => {
  let server: RedisServer;
  let operator: Redis;
  let store: SharedStore;
  let namespaces = 0;
  const opened: SharedStore[] = [];
  /** A namespace of its own, so that nothing is left from before. */
  const open = async () => {
    namespaces += 1;
    const own = createValkeyStore({ url: `redis://127.0.0.1:${server.port}`, patienceMs: 2000, namespace: `script-${namespaces}` });
    opened.push(own);
    for (let turn = 0; turn < 500; turn += 1) {
      const answer = await own.exchange(telling({ nodeId: 'probe' })).catch(() => undefined);
      if (answer) return own;
      await pause(2);
    }
    throw new Error('the store does not answer');
  };
  const keyOf = (key: string) => `{openkupe-guard}script-${namespaces}:${key}`;
  /** The store is on this machine, so that its clock is ours. */
  const machineNow = () => performance.timeOrigin + performance.now();
  const telling = (given: Partial<Telling> = {}): Telling => ({
    nodeId: 'node',
    sequence: 1,
    atMs: machineNow(),
    toleranceMs: TOLERANCE_MS,
    heardMs: 0,
    spendings: [],
    ...given,
  });
  const spending = (key: string, spentMs: number, baseMs = 0, isForgiven = false) => ({ key, spentMs, baseMs, isForgiven });

  beforeAll(async () => {
    server = await startRedisServer();
    operator = new Redis({ port: server.port });
  });
  afterAll(async () => {
    for (const each of opened) each.close();
    operator.disconnect();
    await server.remove();
  });

  it('does what its mirror does, whatever is told, late, twice or in any order', async () => {
    store = await open();
    const step = fc.record({
      nodeId: fc.constantFrom('a', 'b', 'c'),
      sequence: fc.integer({ min: 1, max: 6 }),
      agoMs: fc.constantFrom(-500, 0, 0, 10, 900, 5000),
      heard: fc.constantFrom('never', 'last', 'last'),
      spendings: fc.uniqueArray(
        fc.record({
          key: fc.constantFrom(...KEYS),
          spentMs: fc.constantFrom(0, 50, 5000.125, 100_000),
          baseMs: fc.constantFrom(-1e9, -20, 0, 3333.333, 500_000),
          isForgiven: fc.constantFrom(false, false, false, true),
        }),
        { selector: ({ key }) => key },
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
        const real = await open();
        const mirror = createExchangeMirror();
        mirror.run(telling({ nodeId: 'probe' }), machineNow());
        const heard = new Map<string, number>();
        for (const { nodeId, sequence, agoMs, heard: which, spendings } of steps) {
          const heardMs = which === 'last' ? (heard.get(nodeId) ?? 0) : 0;
          const told = telling({ nodeId, sequence, atMs: machineNow() - agoMs, heardMs, spendings });
          const answer = await real.exchange(told);
          heard.set(nodeId, answer.heardMs);
          const expected = mirror.run(told, answer.nowMs);
          // What the script writes with three decimals is read back with them: a thousandth more or less.
          const near = expected.aheadMs.map((ahead) => expect.closeTo(ahead, 1));
          expect({ ...answer, forgiven: [...answer.forgiven].sort() }).toEqual({
            ...expected,
            forgiven: [...expected.forgiven].sort(),
            aheadMs: near,
            heardMs: expect.closeTo(expected.heardMs, 1),
          });
        }
      }),
      { numRuns: 60 },
    );
  }, 30_000);

  it.each(['nan', '-nan', 'inf', 'hello', '', '0x10', '9'.repeat(400)])(
    'takes a key that holds "%s" for what it can be at most',
    async (value) => {
      store = await open();
      await operator.set(keyOf(KEYS[0] as string), value);
      const answer = await store.exchange(telling({ spendings: [spending(KEYS[0] as string, 1000)] }));
      const isForever = value === 'inf' || value.startsWith('9');
      // One node asked, and the probe: two full buckets.
      expect(answer.aheadMs).toEqual([isForever ? 2 * TOLERANCE_MS : expect.closeTo(1000, -2)]);
      const again = await store.exchange(telling({ sequence: 2, spendings: [spending(KEYS[0] as string, 0)] }));
      expect(again.aheadMs[0]).toBeLessThanOrEqual(answer.aheadMs[0] as number);
    },
  );

  it('replaces a key that is no number at all', async () => {
    store = await open();
    await operator.hset(keyOf(KEYS[0] as string), 'a', '1');
    const { aheadMs } = await store.exchange(telling({ spendings: [spending(KEYS[0] as string, 1000)] }));
    expect(aheadMs).toEqual([expect.closeTo(1000, -2)]);
  });

  it('lets an arrival time that is an hour ahead count for every node’s whole bucket', async () => {
    store = await open();
    await operator.set(keyOf(KEYS[0] as string), String(machineNow() + 3_600_000));
    const { aheadMs } = await store.exchange(telling({ spendings: [spending(KEYS[0] as string, 0, -1e6)] }));
    expect(aheadMs).toEqual([2 * TOLERANCE_MS]);
  });

  it('adds up what nodes spent side by side in the past, though none of them spent more than came back', async () => {
    store = await open();
    const answers = [];
    for (let node = 0; node < 8; node += 1)
      answers.push(await store.exchange(telling({ nodeId: `node-${node}`, spendings: [spending(KEYS[0] as string, 20, -30)] })));
    // 160 ms of quota since 30 ms ago.
    expect(answers.map(({ aheadMs }) => aheadMs[0])).toEqual([0, ...Array(7).fill(expect.any(Number))]);
    expect(answers.at(-1)?.aheadMs[0]).toBeGreaterThan(80);
    expect(answers.at(-1)?.aheadMs[0]).toBeLessThanOrEqual(130);
  });

  it('keeps a key only until its bucket has been full for a second, and counts no node that was silent for ten seconds', async () => {
    store = await open();
    await store.exchange(telling({ spendings: [spending(KEYS[0] as string, 300)] }));
    expect(await operator.pttl(keyOf(KEYS[0] as string))).toBeLessThanOrEqual(1301);
    const longAgo = machineNow() - 10_001;
    await operator.zadd(keyOf('nodes'), longAgo, 'silent', machineNow() + 60_000, 'from before the clock was set back');
    expect((await store.exchange(telling())).nodes).toBe(2);
  });
});
