import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKeyedHash } from '../crypto/keyed-hash.ts';
import { allowedAt, isDue } from './gcra.ts';
import { BYTES_PER_SLOT, createLimitTable } from './limit-table.ts';
import { createLimiter } from './limiter.ts';

const NO_LANE = () => 0;
const random = createSeededRandom(3);
const word = () => Math.floor(random.unit() * 2 ** 32) | 0;

describe('the limit table', () => {
  it('takes 16 bytes a slot, all of them at the start', () => {
    const table = createLimitTable({ slots: 100_000 });
    expect(table.bytes).toBe(table.slots * BYTES_PER_SLOT + 8);
    for (let key = 0; key < 300_000; key += 1) table.claim(word(), word(), key, 50);
    expect(table.bytes).toBe(table.slots * BYTES_PER_SLOT + 8);
  });

  it('finds what it holds and forgets nothing while there is room', () => {
    const table = createLimitTable({ slots: 1 << 16 });
    const keys = Array.from({ length: 20_000 }, (_, at) => {
      const key = { low: word(), high: word(), tatMs: at + 1, isShared: false };
      const handle = table.claim(key.low, key.high, 0, 0);
      table.tatMs[handle] = key.tatMs;
      return { ...key, isShared: handle === table.overflow };
    });
    expect(keys.filter((key) => key.isShared).length).toBeLessThan(keys.length / 1000);
    for (const key of keys) if (!key.isShared) expect(table.tatMs[table.find(key.low, key.high)]).toBe(key.tatMs);
    expect(table.load(0)).toBeGreaterThan(0.2);
    expect(table.load(100_000)).toBe(0);
  });

  it('never forgives a key that is over its limit, and gives back nothing to any other, whatever else arrives: the law', () => {
    const limits = fc.record({ perSecond: fc.integer({ min: 1, max: 100 }), burst: fc.integer({ min: 1, max: 20 }) });
    // One set, so that every key fights for the same eight ways.
    const step = fc.record({ key: fc.nat({ max: 40 }), gapMs: fc.nat({ max: 40 }), cost: fc.integer({ min: 1, max: 5 }) });
    fc.assert(
      fc.property(limits, fc.array(step, { minLength: 50, maxLength: 600 }), (rates, trace) => {
        const limit = { name: 'test', horizonMs: 60_000, ...rates };
        const limiter = createLimiter({ limit, slots: 8, limitedKeys: 4, mostCost: 5 });
        const exact = new Map<number, number>();
        let now = 1000;
        for (const { key, gapMs, cost } of trace) {
          now += gapMs;
          const heaviest = Math.min(5, limiter.limit.burst);
          const isOver = (tatMs: number) => !isDue(allowedAt(limiter.gcra, tatMs, now, heaviest), now);
          const isHeld = (other: number) => limiter.table.find(0, other + 1) >= 0;
          const over = [...exact].filter(([other, tatMs]) => isHeld(other) && isOver(tatMs)).map(([other]) => other);
          const isAdmitted = limiter.ask(0, key + 1, NO_LANE, now, Math.min(cost, heaviest)).isAdmitted;
          expect(over.filter((other) => !isHeld(other))).toEqual([]);
          const isShared = limiter.asked.gcra !== limiter.gcra;
          const owedUntil = exact.get(key) ?? 0;
          if (!isShared && owedUntil > now) expect(limiter.asked.tatMs).toBeGreaterThanOrEqual(owedUntil);
          if (isAdmitted) limiter.charge();
          if (!isShared && isAdmitted) exact.set(key, limiter.asked.tatMs);
        }
      }),
    );
  });

  it.each([
    ['that weighs as much as its whole burst', { perSecond: 1, burst: 5, cost: 5 }],
    ['that has a burst of one request', { perSecond: 0.5, burst: 1, cost: 1 }],
    ['that has a burst of two requests', { perSecond: 0.5, burst: 2, cost: 2 }],
  ])('remembers a key over its limit %s', (_which, { perSecond, burst, cost }) => {
    const limiter = createLimiter({
      limit: { name: 'test', perSecond, burst, horizonMs: 60_000 },
      slots: 8,
      limitedKeys: 4,
      mostCost: cost,
    });
    const ask = (key: number, now: number, weight: number) => {
      const { isAdmitted } = limiter.ask(1, key, NO_LANE, now, weight);
      if (isAdmitted) limiter.charge();
      return isAdmitted;
    };
    let refused = 0;
    for (let round = 1; round <= 100; round += 1) {
      const start = round * 1_000_000;
      while (ask(1, start, cost));
      for (let now = start; !ask(1, now, cost); now += 100) {
        refused += 1;
        for (let other = 0; other < 8; other += 1) ask(100 + refused * 8 + other, now, 1);
        expect(limiter.table.find(1, 1)).toBeGreaterThanOrEqual(0);
      }
    }
    expect(refused).toBeGreaterThanOrEqual(1000);
  });

  it('gives nothing back to a key that is pushed out between its requests', () => {
    const limiter = createLimiter({ limit: { name: 'test', perSecond: 1, burst: 2, horizonMs: 60_000 }, slots: 8, limitedKeys: 4 });
    let admitted = 0;
    let other = 100;
    for (let now = 0; now < 60_000; now += 10) {
      if (limiter.ask(1, 1, NO_LANE, now, 1).isAdmitted && limiter.asked.gcra === limiter.gcra) {
        limiter.charge();
        admitted += 1;
      }
      for (let newcomer = 0; newcomer < 8; newcomer += 1) {
        other += 1;
        if (limiter.ask(1, other, NO_LANE, now, 1).isAdmitted) limiter.charge();
      }
    }
    expect(limiter.table.counters.evictions).toBeGreaterThan(0);
    expect(admitted).toBeLessThanOrEqual(2 + 60);
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
