import { describe, expect, test } from 'vitest';
import { age } from './age.ts';
import { printLines, printTable } from './table.ts';

test('columns line up by what is seen, not by the number of characters', () => {
  const printed = printTable(
    ['NAME', 'PHASE'],
    [
      ['東京', 'Running'],
      ['é👩‍💻', 'Pending'],
      ['plain', ''],
    ],
  );
  expect(printed).toBe('NAME   PHASE\n東京   Running\né👩‍💻    Pending\nplain  -\n');
});

test('a cell cannot break out of its line or steer the terminal', () => {
  expect(printLines(['A', 'LONG'], ['one\ntwo\u001b[31m', '\u202e'])).toBe('A     one two\ufffd[31m\nLONG  \ufffd\n');
});

test('no line ends in spaces', () => {
  expect(printTable(['A', 'B'], [['long', 'x']])).not.toMatch(/ \n/);
});

describe('age', () => {
  const nowMs = Date.UTC(2026, 0, 10);
  test.each([
    ['2026-01-07T00:00:00Z', '3d'],
    ['2026-01-09T19:00:00Z', '5h'],
    ['2026-01-09T23:48:00Z', '12m'],
    ['2026-01-09T23:59:52Z', '8s'],
    ['2026-01-10T00:00:05Z', '0s'],
    ['', ''],
  ])('%s is %s', (time, shown) => expect(age(time, nowMs)).toBe(shown));
});
