import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { refreshReadme } from './readme.ts';
import { fromJson, type Results, toJson } from './results.ts';
import { plain, spread } from './tables.ts';
import { TARGETS } from './targets.ts';
import { verdictsOf } from './verdicts.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const saved = fromJson(read('../results/client.json'));
const row = (seedsFrom: number, median: number) => ({
  scenario: 'B',
  circumstances: '8 × 40 calls, 10/s burst 10, next-token',
  client: 'openkupe',
  seedsFrom,
  seeds: 20,
  measures: { 'finish/ideal': { median, least: 1, most: Number.POSITIVE_INFINITY } },
});

describe('the README', () => {
  test('has the tables of the saved results, and nobody changed them by hand', () => {
    expect(refreshReadme(read('README.md'), saved)).toBe(read('README.md'));
  });

  test('the saved results have a row for every target', () => {
    expect(saved.verdicts.map(({ target }) => target)).toEqual(expect.arrayContaining(TARGETS.map(({ text }) => text)));
  });

  test('a table that is unknown or has no place is an error', () => {
    expect(() => refreshReadme('<!-- table: Z -->\n<!-- end -->', saved)).toThrow('"Z"');
    expect(() => refreshReadme('nothing', saved)).toThrow('no place for the tables about, A,');
  });
});

describe('results', () => {
  test('come back from their file, with what never ends', () => {
    const results: Results = { ...saved, rows: [row(1, 1.0812345)], wallClock: [], verdicts: [] };
    expect(fromJson(toJson(results))).toEqual({ ...results, rows: [row(1, 1.0812)] });
  });

  test('seeds that nothing was chosen with decide, the others stand beside them', () => {
    const [verdict] = verdictsOf([row(1, 1.07), row(101, 1.09)], 'openkupe');
    expect(verdict).toMatchObject({ measured: { median: 1.09 }, tuned: { median: 1.07 }, isMet: false });
    expect(verdictsOf([row(1, 1.07)], 'openkupe')).toMatchObject([{ measured: { median: 1.07 }, isMet: true }]);
    expect(verdictsOf([row(1, 1)], 'ky')).toEqual([]);
  });

  test('the worst seed decides about "all" and "none"', () => {
    const measures = { duplicates: { median: 0, least: 0, most: 1 } };
    const lost = { ...row(1, 0), scenario: 'G', circumstances: '5 % lost, no keys', measures };
    expect(verdictsOf([lost], 'openkupe')).toMatchObject([{ decides: 'most', isMet: false }]);
  });

  test('numbers are short, and 99.6 % is not 100 %', () => {
    expect([0.123, 9.876, 33.3, 99.56, 100, 1_234.5, Number.POSITIVE_INFINITY].map(plain)).toEqual([
      '0.12',
      '9.88',
      '33',
      '99.56',
      '100',
      '1235',
      'never',
    ]);
    expect(spread({ median: 1, least: 0.999, most: 1.001 })).toBe('1');
    expect(spread({ median: 1, least: 0.5, most: 2 })).toBe('1 (0.5–2)');
  });
});
