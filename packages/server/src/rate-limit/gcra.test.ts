import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowedAt, charge, isDue, remaining, resetSeconds, toGcra, wholeSeconds } from './gcra.ts';

const limits = fc.record({
  name: fc.constant('test'),
  perSecond: fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0.01, max: 100, noNaN: true })),
  burst: fc.integer({ min: 1, max: 200 }),
  horizonMs: fc.constant(60_000),
});
const arrivals = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 500, noNaN: true }), fc.integer({ min: 0, max: 5_000 })), {
  minLength: 1,
  maxLength: 300,
});

/** Sends requests with these gaps and returns the times of the admitted ones. */
function admittedTimes(gcra: ReturnType<typeof toGcra>, gapsMs: readonly number[]): number[] {
  let tat = 0;
  let now = 1_000;
  const admitted: number[] = [];
  for (const gap of gapsMs) {
    now += gap;
    if (!isDue(allowedAt(gcra, tat, now), now)) continue;
    tat = charge(gcra, tat, now);
    admitted.push(now);
  }
  return admitted;
}

describe('GCRA', () => {
  it('admits at most burst + window / interval in every window', () => {
    fc.assert(
      fc.property(limits, arrivals, (limit, gaps) => {
        const gcra = toGcra(limit);
        const times = admittedTimes(gcra, gaps);
        times.forEach((from, first) => {
          times.slice(first).forEach((to, further) => {
            expect(further + 1).toBeLessThanOrEqual(limit.burst + (to - from) / gcra.intervalMs + 0.01);
          });
        });
      }),
    );
  });

  it('is not stricter than that: a request is refused only when the window before it is full', () => {
    fc.assert(
      fc.property(limits, arrivals, (limit, gaps) => {
        const gcra = toGcra(limit);
        let now = 1_000;
        let tat = 0;
        const times: number[] = [];
        for (const gap of gaps) {
          now += gap;
          if (isDue(allowedAt(gcra, tat, now), now)) {
            tat = charge(gcra, tat, now);
            times.push(now);
          } else {
            const isFull = times.some((from, first) => times.length - first + 1 > limit.burst + (now - from) / gcra.intervalMs);
            expect(isFull).toBe(true);
          }
        }
      }),
    );
  });

  it('says how many are left, and that many pass', () => {
    fc.assert(
      fc.property(limits, arrivals, (limit, gaps) => {
        const gcra = toGcra(limit);
        let tat = 0;
        let now = 1_000;
        for (const gap of gaps) {
          now += gap;
          const left = remaining(gcra, tat, now);
          expect(isDue(allowedAt(gcra, tat, now, left), now)).toBe(true);
          expect(isDue(allowedAt(gcra, tat, now, left + 1), now)).toBe(false);
          if (left > 0) tat = charge(gcra, tat, now);
        }
      }),
    );
  });

  it('says when one more is there, and it is', () => {
    fc.assert(
      fc.property(limits, arrivals, (limit, gaps) => {
        const gcra = toGcra(limit);
        let tat = 0;
        let now = 1_000;
        for (const gap of gaps) {
          now += gap;
          if (isDue(allowedAt(gcra, tat, now), now)) tat = charge(gcra, tat, now);
          const left = remaining(gcra, tat, now);
          const waitSeconds = resetSeconds(gcra, tat, now);
          expect(Number.isInteger(waitSeconds)).toBe(true);
          if (left < limit.burst) expect(remaining(gcra, tat, now + waitSeconds * 1000)).toBeGreaterThan(left);
          else expect(waitSeconds).toBe(0);
        }
      }),
    );
  });

  it('rounds no slot up to a second more than it is, whatever sums of intervals add up to', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0, max: 1e9, noNaN: true }), (perSecond, now) => {
        const gcra = toGcra({ name: 'test', perSecond, burst: perSecond, horizonMs: 60_000 });
        let slot = now;
        for (let request = 0; request < perSecond; request += 1) slot += gcra.intervalMs;
        expect(wholeSeconds(slot, now)).toBe(1);
        expect(isDue(slot, now + 1000)).toBe(true);
      }),
    );
  });

  it.each([
    [{ perSecond: 0 }, /rate of 0/],
    [{ perSecond: Number.NaN }, /rate of NaN/],
    [{ burst: 0 }, /burst of 0/],
    [{ burst: 1.5 }, /burst of 1.5/],
    [{ horizonMs: 10 }, /horizon of 10 ms/],
  ])('refuses %j', (part, message) => {
    expect(() => toGcra({ name: 'test', perSecond: 1, burst: 1, horizonMs: 60_000, ...part })).toThrow(message);
  });
});
