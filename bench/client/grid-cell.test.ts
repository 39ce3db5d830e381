import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, test } from 'vitest';
import { type Cell, drawCell, idealMs, nameOfCell } from './grid-cell.ts';

const storm: Cell = {
  limit: { kind: 'steady', perSecond: 7, burst: 3 },
  roundTripMs: [40, 40],
  keys: 1,
  callsEach: 143,
  workersEach: 143,
};

describe('the grid', () => {
  test('the ideal of a storm is (calls − burst) / rate and one round trip', () => {
    expect(idealMs(storm)).toBeCloseTo(20_040, 3);
    expect(idealMs({ ...storm, keys: 11, callsEach: 13, workersEach: 13 })).toBeCloseTo(20_040, 3);
  });

  test('the ideal of windows is whole windows, and a pool that is slower than its limit takes its round trips', () => {
    const window: Cell = { ...storm, limit: { kind: 'window', calls: 30, windowMs: 5_000 }, callsEach: 150, workersEach: 150 };
    expect(idealMs(window)).toBeCloseTo(20_040, 3);
    expect(idealMs({ ...storm, limit: { kind: 'steady', perSecond: 100, burst: 1 }, callsEach: 100, workersEach: 2 })).toBeCloseTo(
      2_010,
      3,
    );
  });

  test('the ideal follows a limit that changes', () => {
    const falling: Cell = {
      ...storm,
      limit: { kind: 'steady', perSecond: 25, burst: 1 },
      change: { atMs: 4_020, factor: 0.2 },
      callsEach: 151,
    };
    expect(idealMs({ ...falling, workersEach: 151 }) / 1_000).toBeCloseTo(14.0, 0);
  });

  test('the same seed draws the same cell, and every cell is within the bounds of the grid', () => {
    expect(drawCell(createSeededRandom(5))).toEqual(drawCell(createSeededRandom(5)));
    for (let seed = 1; seed <= 300; seed++) {
      const cell = drawCell(createSeededRandom(seed));
      const { limit, keys, workersEach, callsEach } = cell;
      const perSecond = limit.kind === 'steady' ? limit.perSecond : (limit.calls * 1_000) / limit.windowMs;
      expect(perSecond, nameOfCell(cell)).toBeGreaterThan(1.4);
      expect(perSecond, nameOfCell(cell)).toBeLessThan(100.6);
      expect(keys).toBeLessThanOrEqual(8);
      expect(workersEach).toBeLessThanOrEqual(callsEach);
      expect(idealMs(cell)).toBeLessThan(90_000);
    }
  });
});
