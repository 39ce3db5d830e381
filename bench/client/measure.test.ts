import { describe, expect, test } from 'vitest';
import { jain, measureTrial } from './measure.ts';

describe('measures', () => {
  test('Jain', () => {
    expect(jain([2, 2, 2])).toBe(1);
    expect(jain([6, 0, 0])).toBeCloseTo(1 / 3);
  });

  test('a trial runs with the seeds it asks for, and chance is the same for the same seed', async () => {
    const seen: number[][] = [];
    const trial = {
      group: 'g',
      scenario: 'A',
      circumstances: 'c',
      client: 'x',
      seedsFrom: 101,
      once: async (seed: number, random: { unit(): number }) => {
        seen.push([seed, random.unit(), Math.random()]);
        return { seed };
      },
    };
    const genuine = Math.random;
    const row = await measureTrial(trial, 3);
    await measureTrial(trial, 3);
    Math.random = genuine;
    expect(row).toMatchObject({ seedsFrom: 101, seeds: 3, measures: { seed: { median: 102, least: 101, most: 103 } } });
    expect(seen.slice(3)).toEqual(seen.slice(0, 3));
  });
});
