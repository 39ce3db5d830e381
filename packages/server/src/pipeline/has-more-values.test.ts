import { expect, it } from 'vitest';
import { hasMoreValues } from './validate.ts';

it.each([
  [{}, 1],
  [[0, 0], 3],
  [{ a: { b: [1, 'x', null] } }, 6],
])('counts %j as %i', (value, count) => {
  expect([hasMoreValues(value, count - 1), hasMoreValues(value, count)]).toEqual([true, false]);
});

it('counts what is nested as deep as the reader lets it be, and much of it', () => {
  const list = Array.from({ length: 100_000 }, () => ({}));
  expect(hasMoreValues(list, 100_000)).toBe(true);
  expect(hasMoreValues(list, 100_001)).toBe(false);
});
