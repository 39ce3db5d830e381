import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, test } from 'vitest';
import { readOptions } from './options.ts';
import { select } from './select.ts';

const read = (...args: readonly string[]) => readOptions(args, createSeededRandom(1));

const subjects = ['openkupe', 'ky'].flatMap((client) =>
  [
    ['limits', 'A'],
    ['limits', 'B'],
    ['outages', 'C'],
  ].map(([group = '', scenario = '']) => ({ group, scenario, circumstances: 'any', client })),
);
const named = (...terms: readonly string[]) =>
  select(subjects, terms).map((index) => `${subjects[index]?.scenario} ${subjects[index]?.client}`);

describe('what is run', () => {
  test('groups and scenarios add up, clients narrow them', () => {
    expect(named()).toHaveLength(6);
    expect(named('limits')).toEqual(['A openkupe', 'B openkupe', 'A ky', 'B ky']);
    expect(named('B', 'outages', 'ky')).toEqual(['B ky', 'C ky']);
    expect(named('ky')).toEqual(['A ky', 'B ky', 'C ky']);
    expect(() => named('Z')).toThrow('"Z" is neither a group (limits, outages)');
  });

  test('arguments', () => {
    expect(read('--seed', '7')).toEqual({ seeds: 20, drawnFrom: 7, only: [], isJson: false, isReadme: false });
    expect(read('--seeds', '3', '--only', 'A,ky', '--only', 'B', '--json').only).toEqual(['A', 'ky', 'B']);
    expect(() => read('--seed', '0')).toThrow('The seed is "0"');
    expect(readOptions([], createSeededRandom(1)).drawnFrom).not.toBe(readOptions([], createSeededRandom(2)).drawnFrom);
    expect(() => read('--seeds', 'few')).toThrow('give a whole number from 1');
    expect(() => read('--readmee')).toThrow();
  });
});
