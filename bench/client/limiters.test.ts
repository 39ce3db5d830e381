import { describe, expect, test } from 'vitest';
import { createLimiter, idealAcceptances, type Limit } from './limiters.ts';

const steady: Limit = { kind: 'steady', perSecond: 10, burst: 10 };
const window: Limit = { kind: 'window', calls: 3, windowMs: 1_000 };
const at = (...times: readonly number[]) => times;

describe('limiters', () => {
  test('a steady limit accepts its burst, then one per slot, and says when', () => {
    const take = createLimiter(steady);
    const burst = Array.from({ length: 12 }, () => take(0).isAccepted);
    expect(burst.filter(Boolean)).toHaveLength(10);
    expect(take(40)).toEqual({ isAccepted: false, freeInMs: 60, remaining: 0, moreInMs: 60 });
    expect(take(100).isAccepted).toBe(true);
    expect(take(100).isAccepted).toBe(false);
  });

  test('a window begins with its first call and opens all at once', () => {
    const take = createLimiter(window);
    expect(at(500, 600, 700, 800, 1_499, 1_500).map((now) => take(now).isAccepted)).toEqual([true, true, true, false, false, true]);
    expect(createLimiter(window)(0)).toEqual({ isAccepted: true, freeInMs: 0, remaining: 2, moreInMs: 1_000 });
  });

  test('an aligned window begins at its phase, and a sliding one forgets call by call', () => {
    const aligned = createLimiter({ kind: 'window', calls: 1, windowMs: 1_000, phaseMs: -300 });
    expect(at(0, 600, 700, 1_699, 1_700).map((now) => aligned(now).isAccepted)).toEqual([true, false, true, false, true]);
    const sliding = createLimiter({ kind: 'sliding', calls: 2, windowMs: 1_000 });
    expect(at(0, 400, 999, 1_000, 1_001, 1_400).map((now) => sliding(now).isAccepted)).toEqual([true, true, false, true, false, true]);
    expect(sliding(1_500)).toMatchObject({ isAccepted: false, freeInMs: 500 });
  });

  test('a bucket that is filled by portions waits for the next one and keeps no more than its depth', () => {
    const take = createLimiter({ kind: 'filled', calls: 2, windowMs: 1_000, burst: 3 });
    expect(at(0, 0, 0, 0).map((now) => take(now).isAccepted)).toEqual([true, true, true, false]);
    expect(take(300)).toMatchObject({ isAccepted: false, freeInMs: 700 });
    expect(at(5_000, 5_000, 5_000, 5_000).map((now) => take(now).isAccepted)).toEqual([true, true, true, false]);
  });

  test('a limit changes in the middle, and what a bucket lacks then is not forgotten', () => {
    const falling = createLimiter({ kind: 'steady', perSecond: 10, burst: 1 }, { atMs: 1_000, factor: 0.1 });
    expect(falling(0).isAccepted).toBe(true);
    expect(falling(990).isAccepted).toBe(true);
    expect(falling(1_000)).toMatchObject({ isAccepted: false });
    expect(falling(1_200).isAccepted).toBe(false);
    expect(falling(2_000).isAccepted).toBe(true);
    const rising = createLimiter({ kind: 'window', calls: 1, windowMs: 1_000, phaseMs: 0 }, { atMs: 500, factor: 3 });
    expect(at(0, 0, 500, 500, 500).map((now) => rising(now).isAccepted)).toEqual([true, false, true, true, false]);
  });

  test('every bucket takes its whole burst, whatever the rounding of its times', () => {
    for (let perSecond = 2; perSecond <= 100; perSecond += 1.7)
      for (const burst of [1, 2, 3, 7, 50]) {
        const take = createLimiter({ kind: 'steady', perSecond, burst });
        const accepted = Array.from({ length: burst + 1 }, () => take(61_234.567).isAccepted);
        expect(accepted.filter(Boolean)).toHaveLength(burst);
      }
  });

  test('the ideal is (calls − burst) / rate for a steady limit', () => {
    for (const [calls, perSecond, burst] of [
      [300, 10, 10],
      [3_000, 100, 100],
      [500, 7, 14],
      [200, 3, 5],
    ] as const) {
      const ideal = idealAcceptances({ kind: 'steady', perSecond, burst }, new Array<number>(calls).fill(0)).at(-1) ?? 0;
      expect(ideal).toBeCloseTo(((calls - burst) / perSecond) * 1_000, 3);
    }
  });

  test('the ideal is whole windows for a window, and waits for whoever comes late', () => {
    expect(idealAcceptances(window, at(0, 0, 0, 0, 0, 0, 0))).toEqual([0, 0, 0, 1_000, 1_000, 1_000, 2_000]);
    expect(idealAcceptances(steady, at(5_000, 0))).toEqual([0, 5_000]);
  });
});
