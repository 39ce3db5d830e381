import { describe, expect, test } from 'vitest';
import { readOptions } from './options.ts';
import { select } from './select.ts';

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
    expect(readOptions([])).toEqual({ seeds: 20, only: [], isJson: false, isReadme: false });
    expect(readOptions(['--seeds', '3', '--only', 'A,ky', '--only', 'B', '--json']).only).toEqual(['A', 'ky', 'B']);
    expect(() => readOptions(['--seeds', 'few'])).toThrow('give a whole number from 1');
    expect(() => readOptions(['--readme', '--only', 'A'])).toThrow('leave --only away');
    expect(() => readOptions(['--readmee'])).toThrow();
  });
});
