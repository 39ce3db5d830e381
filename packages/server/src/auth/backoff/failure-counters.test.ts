import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFailureCounters } from './failure-counters.ts';

const rule = { freeFailures: 2, longestWaitMs: 60_000 };
const HOUR_MS = 60 * 60 * 1000;
/** One set, so that every key fights for the same eight places. */
const inherit = () => createFailureCounters({ rule, entries: 8, onFullSet: 'inherit' });

describe('failure counters', () => {
  it('never hold a key to have failed less often, or to be free earlier, than if it were alone: the law', () => {
    const steps = fc.array(fc.record({ key: fc.nat({ max: 30 }), gapMs: fc.oneof(fc.nat({ max: 5_000 }), fc.nat({ max: 2 * HOUR_MS })) }), {
      minLength: 20,
      maxLength: 400,
    });
    fc.assert(
      fc.property(steps, (trace) => {
        const shared = inherit();
        const alone = new Map<number, ReturnType<typeof inherit>>();
        let now = 0;
        for (const { key, gapMs } of trace) {
          now += gapMs;
          const own = alone.get(key) ?? inherit();
          alone.set(key, own);
          // Whoever waits is not looked at, so it cannot fail.
          if (shared.blockedUntil(0, key, now) <= now) {
            expect(own.blockedUntil(0, key, now)).toBeLessThanOrEqual(now);
            shared.fail(0, key, now, 0);
            own.fail(0, key, now, 0);
          }
          for (const [other, exact] of alone) {
            expect(shared.failures(0, other, now)).toBeGreaterThanOrEqual(exact.failures(0, other, now));
            const until = exact.blockedUntil(0, other, now);
            if (until > now) expect(shared.blockedUntil(0, other, now)).toBeGreaterThanOrEqual(until);
          }
        }
      }),
    );
  });

  it('let strangers share the place of the key that failed least when a set is full', () => {
    const counters = inherit();
    for (let key = 0; key < 8; key += 1) for (let failure = 0; failure <= key; failure += 1) counters.fail(0, key, 0, 0);
    expect(counters.failures(0, 100, 0)).toBe(1);
    for (let stranger = 100; stranger < 110; stranger += 1) counters.fail(0, stranger, 0, 0);
    // Between them they have used up what was free, and now they wait like one.
    expect(counters.blockedUntil(0, 999, 0)).toBeGreaterThan(0);
    expect(counters.failures(0, 7, 0)).toBe(3);
    // Three of them were let in, the rest met nothing but waits.
    expect(counters.counters).toEqual({ evictions: 3, overflows: 7 });
  });

  it('answer for nobody else when they are told to forget', () => {
    const counters = createFailureCounters({ rule, entries: 8, onFullSet: 'forget' });
    for (let key = 0; key < 8; key += 1) for (let failure = 0; failure < 5; failure += 1) counters.fail(0, key, 0, 0);
    expect([counters.failures(0, 100, 0), counters.blockedUntil(0, 100, 0)]).toEqual([0, 0]);
    counters.fail(0, 100, 0, 0);
    expect(counters.failures(0, 100, 0)).toBe(1);
  });

  it('forgive one failure per hour', () => {
    const counters = inherit();
    for (let failure = 0; failure < 3; failure += 1) counters.fail(0, 1, 0, 0);
    expect([0, HOUR_MS - 1, HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS].map((now) => counters.failures(0, 1, now))).toEqual([3, 3, 2, 1, 0]);
  });

  it('forgive a key even where it shares a place, and all keys with the same high half', () => {
    const counters = inherit();
    for (let key = 0; key < 8; key += 1) for (let failure = 0; failure < 4; failure += 1) counters.fail(0, key, 0, 0);
    expect(counters.forgive(0, 100, 0)).toBe(true);
    expect(counters.failures(0, 100, 0)).toBe(0);
    expect([counters.forgiveAll(7, 0), counters.forgiveAll(7, 0)]).toEqual([true, false]);
  });
});
