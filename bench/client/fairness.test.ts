import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, test } from 'vitest';
import { type Completion, drawLottery, fairness } from './fairness.ts';

const turns = (order: readonly number[]): Completion[] => order.map((sharer, index) => ({ sharer, atMs: 100 * (index + 1) }));

describe('fairness', () => {
  test('taking turns is 1 everywhere', () => {
    const measures = fairness(turns([0, 1, 0, 1, 0, 1, 0, 1]), [0, 0], 400);
    expect(measures).toMatchObject({ Jain: 1, 'Jain of the middle': 1 });
    expect(measures['slowest/fastest']).toBeCloseTo(800 / 700);
  });

  test('one after the other is not fair, although all is done', () => {
    const measures = fairness(turns([0, 0, 0, 0, 1, 1, 1, 1]), [0, 0], 400);
    expect(measures.Jain).toBe(0.5);
    expect(measures['Jain of the middle']).toBe(1);
    expect(measures['slowest/fastest']).toBe(2);
  });

  test('the start and the end do not count in the middle', () => {
    expect(fairness(turns([0, 0, 0, 0, 1, 0, 1, 0, 1, 1, 1, 1]), [0, 0], 600)['Jain of the middle']).toBeCloseTo(1);
  });

  test('the time of whoever joins late begins when it joins', () => {
    const measures = fairness(turns([0, 0, 1, 1]), [0, 200], 200);
    expect(measures['slowest/fastest']).toBe(1);
    expect(measures['Jain of finish times']).toBe(1);
  });

  test('a lottery gives everyone all its calls, and none before it joins', () => {
    const acceptances = Array.from({ length: 60 }, (_, index) => index * 100);
    const drawn = drawLottery(acceptances, [0, 0, 1_000], 20, createSeededRandom(3));
    for (const sharer of [0, 1, 2]) expect(drawn.filter((one) => one.sharer === sharer)).toHaveLength(20);
    expect(drawn.some(({ sharer, atMs }) => sharer === 2 && atMs < 1_000)).toBe(false);
  });
});
