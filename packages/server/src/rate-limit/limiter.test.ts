import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLimiter } from './limiter.ts';

const LIMIT = { name: 'test', perSecond: 10, burst: 10, horizonMs: 5_000 };
/** As quota comes back. */
const SPACING_MS = 100;

/** A limiter of one key, and what becomes of one request of a lane. */
function setUp({ slots = 64, limitedKeys = 8, limit = LIMIT } = {}) {
  const limiter = createLimiter({ limit, slots, limitedKeys });
  const ask = (nowMs: number, { lane = 0, key = 1 } = {}) => {
    // The high bits choose the set, so that keys do not share one.
    if (limiter.ask(Math.imul(key, 2 ** 28), key, () => lane, nowMs, 1).isAdmitted) {
      limiter.charge();
      return { isAdmitted: true, slotMs: nowMs, isOwn: false };
    }
    return { isAdmitted: false, slotMs: limiter.reserve(), isOwn: limiter.isOwnSlot };
  };
  const refusals = (count: number, nowMs: number, of = {}) =>
    Array.from({ length: count }, () => ask(nowMs, of)).filter(({ isAdmitted }) => !isAdmitted);
  return { limiter, ask, refusals };
}

describe('a slot of its own', () => {
  it('is what every refusal gets up to the horizon, none twice, and nobody beyond it', () => {
    const { refusals } = setUp();
    const refused = refusals(110, 0);
    const own = refused.filter(({ isOwn }) => isOwn);
    expect(own).toHaveLength(LIMIT.horizonMs / SPACING_MS - 1);
    expect(refused.slice(0, own.length)).toEqual(own);
    for (const [at, { slotMs }] of own.entries()) if (at > 0) expect(slotMs - (own[at - 1]?.slotMs ?? 0)).toBeCloseTo(SPACING_MS);
    const shared = refused.slice(own.length).map(({ slotMs }) => slotMs);
    expect(new Set(shared)).toEqual(new Set([LIMIT.horizonMs]));
    expect(shared.length).toBeGreaterThan(40);
  });

  it('is given again as soon as the horizon has moved past the last promise', () => {
    const { ask, refusals } = setUp();
    const last = refusals(110, 0).at(-1);
    expect(ask(50).isOwn).toBe(false);
    // Four requests' quota has come back by then.
    const [next] = refusals(5, 400);
    expect(next?.isOwn).toBe(true);
    expect(next?.slotMs).toBeGreaterThan(last?.slotMs ?? 0);
  });

  it('is nobody’s while two lanes hold promises, because their chains may meet', () => {
    const { ask, refusals } = setUp();
    for (let request = 0; request < 10; request += 1) ask(0);
    const [alone, neighbour, again] = [ask(0), ask(0, { lane: 1 }), ask(0)];
    expect([alone.isOwn, neighbour.isOwn, again.isOwn]).toEqual([true, false, false]);
    // The neighbour was told whole seconds and may be late: only then the first lane is alone again.
    const onItsWay = refusals(5, neighbour.slotMs + 1_000);
    expect(onItsWay.map(({ isOwn }) => isOwn)).toEqual(onItsWay.map(() => false));
    const later = refusals(40, neighbour.slotMs + 4_000);
    expect(later.map(({ isOwn }) => isOwn)).toEqual(later.map(() => true));
    expect(later.length).toBeGreaterThan(0);
  });

  it('is nobody’s where promises cannot be remembered: every record of the set is in use', () => {
    const { refusals } = setUp({ slots: 1024, limitedKeys: 8 });
    for (let key = 1; key <= 8; key += 1) expect(refusals(11, 0, { key }).map(({ isOwn }) => isOwn)).toEqual([true]);
    const forgotten = refusals(13, 0, { key: 9 });
    expect(forgotten.map(({ isOwn }) => isOwn)).toEqual([false, false, false]);
  });

  it('is nobody’s in the overflow slot, whose quota is that of many keys', () => {
    const { refusals, limiter } = setUp({ slots: 8, limitedKeys: 64 });
    for (let key = 1; key <= 8; key += 1) expect(refusals(11, 0, { key })).toHaveLength(1);
    const overflowing = refusals(600, 0, { key: 9 });
    expect(limiter.table.counters.overflows).toBe(600);
    expect(overflowing).toHaveLength(100);
    expect(overflowing.some(({ isOwn }) => isOwn)).toBe(false);
  });

  it('law: none is given twice while the key is over its limit, whatever comes when and from which lane', () => {
    const arrivals = fc.array(
      fc.record({ gapMs: fc.nat({ max: 60 }), lane: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat({ max: 3 })) }),
      {
        minLength: 50,
        maxLength: 400,
      },
    );
    fc.assert(
      fc.property(arrivals, (requests) => {
        const { ask } = setUp();
        let nowMs = 0;
        const own: number[] = [];
        for (const { gapMs, lane } of requests) {
          nowMs += gapMs;
          const { isOwn, slotMs } = ask(nowMs, { lane });
          if (!isOwn) continue;
          expect(slotMs).toBeGreaterThan(nowMs - 1);
          expect(slotMs).toBeLessThan(nowMs + LIMIT.horizonMs);
          // Those that have passed are over; of those to come each has an interval to itself.
          for (const other of own) if (other > nowMs) expect(Math.abs(slotMs - other)).toBeGreaterThanOrEqual(100);
          own.push(slotMs);
        }
      }),
    );
  });
});
