import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, it } from 'vitest';
import { createStoreTime } from './store-time.ts';

const EPOCH_MS = 1_700_000_000_000;

describe('what a node believes the store’s clock to be', () => {
  it('is not moved by ways that take longer or shorter, and is as exact as the shortest', () => {
    const random = createSeededRandom(1);
    const time = createStoreTime();
    const moved: number[] = [];
    let [leastMs, lastMs] = [Number.POSITIVE_INFINITY, Number.NaN];
    for (let at = 0; at < 60_000; at += 20) {
      const [there, back] = [random.unit() * 50, random.unit() * 50];
      time.learn(EPOCH_MS + at + there, at, at + there + back);
      leastMs = Math.min(leastMs, there + back);
      expect(Math.abs(time.atStore(at) - EPOCH_MS - at)).toBeLessThanOrEqual(leastMs + 0.01);
      if (at > 10_000) moved.push(Math.abs(time.atStore(0) - lastMs));
      lastMs = time.atStore(0);
    }
    expect(Math.max(...moved.slice(1))).toBeLessThan(20);
    expect(moved.slice(1).filter((distance) => distance > 0).length).toBeLessThan(10);
  });

  it('follows a clock that drifts', () => {
    const time = createStoreTime();
    for (let at = 0; at < 3_600_000; at += 1000) time.learn(EPOCH_MS + at * 1.0001, at - 1, at + 1);
    expect(Math.abs(time.atStore(3_600_000) - EPOCH_MS - 3_600_000 * 1.0001)).toBeLessThan(2);
  });

  it('is right after one answer of a store with another clock, in both directions', () => {
    const time = createStoreTime();
    for (const epochMs of [EPOCH_MS, EPOCH_MS + 3_600_000, EPOCH_MS - 3_600_000]) {
      time.learn(epochMs + 500, 490, 510);
      expect(Math.abs(time.atStore(500) - epochMs - 500)).toBeLessThanOrEqual(10);
      expect(time.atNode(time.atStore(500))).toBeCloseTo(500, 2);
    }
  });
});
