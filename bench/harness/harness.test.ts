import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { alternate, compare } from './alternate.ts';
import { type Benchmark, keptResults, readmeFile, tablesOf } from './benchmark.ts';
import { readOptions } from './options.ts';
import { refreshTables } from './readme.ts';
import { parseResults, printResults } from './results.ts';
import { quantile, spreadOf } from './statistics.ts';
import { digits, percent, range, ratio } from './table.ts';
import { judge, targetsTable } from './targets.ts';
import { DidNotFinish, runWorker, startWorker } from './worker.ts';

const bench = new URL('../', import.meta.url);
const onHarness = readdirSync(bench, { recursive: true, encoding: 'utf8' })
  .filter((path) => /^[\w-]+\/benchmark\.ts$/.test(path) && !path.startsWith('harness/'))
  .map((path) => path.split('/')[0] as string);

test.each(onHarness)('the tables in the README of %s are those of the results that are kept', async (name) => {
  const { benchmark } = (await import(new URL(`${name}/benchmark.ts`, bench).href)) as { benchmark: Benchmark<object> };
  const readme = readFileSync(readmeFile(name), 'utf8');
  expect(refreshTables(readme, tablesOf(benchmark, keptResults(name, benchmark)))).toBe(readme);
});

test('every round begins with another contestant, after one round that does not count', async () => {
  const order: string[] = [];
  const contestants = ['a', 'b', 'c'].map((name) => ({ name, run: async () => ({ at: order.push(name) }) }));
  const rounds = await alternate(contestants, 3);
  expect(order.join('')).toBe('abcabcbcacab');
  expect(rounds.get('a')).toEqual([{ at: 4 }, { at: 9 }, { at: 11 }]);
});

test('ratios are those of the same round', () => {
  const rounds = new Map([
    ['bare', [{ perSecond: 10 }, { perSecond: 100 }]],
    ['ours', [{ perSecond: 5 }, { perSecond: 60 }]],
  ]);
  const [, ours] = compare(rounds, 'bare');
  expect(ours?.ratios.perSecond).toEqual({ median: 0.55, least: 0.5, most: 0.6 });
  expect(() => compare(rounds, 'other')).toThrow('"other" was not measured');
});

test('a median lies between the middle two, and infinities stay', () => {
  expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, least: 1, most: 4 });
  expect(spreadOf([1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]).median).toBe(Number.POSITIVE_INFINITY);
  expect([quantile([5, 1, 4, 2, 3], 0.5), quantile([1, 2], 0.99)]).toEqual([3, 2]);
  expect(spreadOf([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]).median).toBe(Number.POSITIVE_INFINITY);
});

test('numbers are short, and never rounded to more than they are', () => {
  expect([digits(0.12345), digits(12_345.6), digits(Number.POSITIVE_INFINITY), digits(Number.NaN)]).toEqual([
    '0.123',
    '12 346',
    'never',
    '–',
  ]);
  expect([percent(0.9999), percent(1), ratio(0.005)]).toEqual(['99.99 %', '100 %', '0.01']);
  expect(range(spreadOf([1, 2, 3]))).toBe('2 (1–3)');
});

describe('targets', () => {
  const targets = [
    { text: 'ratio', of: ({ ratio: value }: { ratio?: number }) => value, atLeast: 1.2 },
    { text: 'not measured', of: () => undefined, atMost: 0 },
  ];

  test('are judged where their part was measured', () => {
    expect(judge(targets, { ratio: 1.1 })).toEqual([{ text: 'ratio', value: 1.1, wanted: '≥ 1.2', isMet: false }]);
    expect(judge(targets, { ratio: Number.NaN })).toMatchObject([{ isMet: false }]);
    expect(targetsTable(judge(targets, { ratio: 1.2 }))).toContain('| ratio | 1.2 | ≥ 1.2 | yes |');
  });
});

test('results come back from their file with five digits, spreads, infinity and what is no number', () => {
  const results = {
    rows: Array.from({ length: 40 }, (_, at) => ({ at, third: at / 3 })),
    never: Number.POSITIVE_INFINITY,
    none: Number.NaN,
  };
  const text = printResults(results);
  expect(text.split('\n')).toHaveLength(46);
  expect(parseResults(text)).toMatchObject({ never: Number.POSITIVE_INFINITY, none: Number.NaN });
  const spread = { median: 1.5, least: 1, most: Number.POSITIVE_INFINITY };
  expect(printResults({ spread })).toBe('{"spread":[1.5,1,"never"]}');
  expect(parseResults(printResults({ spread }))).toEqual({ spread });
  expect((parseResults(text).rows as object[])[1]).toEqual({ at: 1, third: 0.33333 });
});

test('a README without a place for a table, or with one for an unknown table, is an error', () => {
  const text = 'a\n<!-- table: one -->\nold\n<!-- end -->\nb';
  expect(refreshTables(text, { one: 'new' })).toBe('a\n<!-- table: one -->\n\nnew\n\n<!-- end -->\nb');
  expect(() => refreshTables(text, {})).toThrow('"one"');
  expect(() => refreshTables(text, { one: '', two: '' })).toThrow('no place for the tables two');
});

test('options name parts; --readme alone measures nothing', () => {
  expect(readOptions(['--only', 'a,b', '--json'], ['a', 'b', 'c'])).toMatchObject({ only: ['a', 'b'], isJson: true });
  expect(readOptions(['--readme'], ['a'])).toMatchObject({ only: [], isReadme: true });
  expect(() => readOptions(['--only', 'x'], ['a', 'b'])).toThrow('There is no part "x"; the parts are a, b');
});

describe('processes', () => {
  test('one that fails says why in a few words', async () => {
    const failing = runWorker(new URL('missing.worker.ts', import.meta.url));
    await expect(failing).rejects.toBeInstanceOf(DidNotFinish);
    await expect(failing).rejects.toThrow(/^Error: Cannot find module/);
  });

  test('one that ends before it is ready is an error', async () => {
    await expect(startWorker(new URL('missing.worker.ts', import.meta.url))).rejects.toThrow('ended before it answered');
  });
});
