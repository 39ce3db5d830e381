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
