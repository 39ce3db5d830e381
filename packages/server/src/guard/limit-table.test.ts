import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowedAt, isDue, toGcra } from './gcra.ts';
import { createKeyedHash } from './keyed-hash.ts';
import { BYTES_PER_SLOT, createLimitTable } from './limit-table.ts';
import { createLimiter } from './limiter.ts';

const NO_LANE = () => 0;
const random = createSeededRandom(3);
const word = () => Math.floor(random.unit() * 2 ** 32) | 0;

describe('the limit table', () => {
  it('takes 16 bytes a slot, all of them at the start', () => {
    const table = createLimitTable({ slots: 100_000, evictableMs: 50 });
    expect(table.bytes).toBe(table.slots * BYTES_PER_SLOT + 8);
    for (let key = 0; key < 300_000; key += 1) table.claim(word(), word(), key);
    expect(table.bytes).toBe(table.slots * BYTES_PER_SLOT + 8);
  });

  it('finds what it holds and forgets nothing while there is room', () => {
    const table = createLimitTable({ slots: 1 << 16, evictableMs: 0 });
    const keys = Array.from({ length: 20_000 }, (_, at) => {
      const key = { low: word(), high: word(), tatMs: at + 1, isShared: false };
      const handle = table.claim(key.low, key.high, 0);
      table.tatMs[handle] = key.tatMs;
      return { ...key, isShared: handle === table.overflow };
    });
    expect(keys.filter((key) => key.isShared).length).toBeLessThan(keys.length / 1000);
    for (const key of keys) if (!key.isShared) expect(table.tatMs[table.find(key.low, key.high)]).toBe(key.tatMs);
    expect(table.load(0)).toBeGreaterThan(0.2);
    expect(table.load(100_000)).toBe(0);
  });

  it('never forgives a key that is over its limit, whatever else arrives: the law', () => {
    const limits = fc.record({ perSecond: fc.integer({ min: 1, max: 100 }), burst: fc.integer({ min: 1, max: 20 }) });
    // One set, so that every key fights for the same eight ways.
    const steps = fc.array(fc.record({ key: fc.nat({ max: 40 }), gapMs: fc.nat({ max: 40 }) }), { minLength: 50, maxLength: 600 });
    fc.assert(
      fc.property(limits, steps, (rates, trace) => {
        const limit = { name: 'test', horizonMs: 60_000, ...rates };
        const gcra = toGcra(limit);
        const limiter = createLimiter({ limit, slots: 8, limitedKeys: 4 });
        const exact = new Map<number, number>();
        let now = 1000;
        for (const { key, gapMs } of trace) {
          now += gapMs;
          if (limiter.ask(0, key + 1, NO_LANE, now, 1).isAdmitted) limiter.charge();
          for (const [other, tatMs] of exact) {
            const isOver = !isDue(allowedAt(gcra, tatMs, now), now);
            if (isOver) expect(limiter.peek(0, other + 1)).toBe(tatMs);
            // A key that is not over its limit may be given up, and then loses at most one outstanding request.
            else if (other !== key && limiter.peek(0, other + 1) !== tatMs) expect(tatMs - now).toBeLessThanOrEqual(gcra.intervalMs + 1e-6);
          }
          exact.set(key, limiter.peek(0, key + 1));
          for (const other of exact.keys()) if (limiter.peek(0, other + 1) === 0) exact.delete(other);
        }
      }),
    );
  });

  it('counts newcomers together when a set is full of keys over their limit: neither open nor closed', () => {
    const limit = { name: 'test', perSecond: 1, burst: 2, horizonMs: 60_000 };
    const limiter = createLimiter({ limit, slots: 8, limitedKeys: 4 });
    for (let key = 0; key < 8; key += 1)
      for (let request = 0; request < 2; request += 1) if (limiter.ask(0, key, NO_LANE, 0, 1).isAdmitted) limiter.charge();
    let admitted = 0;
    for (let key = 100; key < 1100; key += 1) {
      if (!limiter.ask(0, key, NO_LANE, 0, 1).isAdmitted) continue;
      admitted += 1;
      limiter.charge();
    }
    expect(admitted).toBe(100);
    expect(limiter.table.counters.overflows).toBe(1000);
  });

  it('spreads real addresses evenly over the sets', () => {
    const hash = createKeyedHash({ low: 1, high: 2 });
    const counts = new Uint32Array(1024);
    for (let address = 0; address < 1024 * 100; address += 1) {
      hash.words(0x0a000000 + address, 0, 4);
      const set = (hash.result[0] as number) >>> 22;
      counts[set] = (counts[set] ?? 0) + 1;
    }
    const chiSquared = counts.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0);
    // 1023 degrees of freedom: 99.99 % of fair hashes stay below 1200.
    expect(chiSquared).toBeLessThan(1200);
  });
});
