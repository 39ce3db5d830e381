import { expect, it } from 'vitest';
import { createDeletionPace } from './deletion-pace.ts';

it('lets one call a minute through, for each tenant', () => {
  const pace = createDeletionPace();
  expect(pace.ask('acme', {}, 1_000)).toBe(0);
  expect(pace.ask('acme', {}, 31_000)).toBe(30_000);
  expect(pace.ask('other', {}, 31_000)).toBe(0);
  expect(pace.ask('acme', {}, 61_000)).toBe(0);
});

it('counts a call once, however often it is decided again', () => {
  const pace = createDeletionPace();
  const call = {};
  expect([pace.ask('acme', call, 0), pace.ask('acme', call, 5)]).toEqual([0, 0]);
  expect(pace.ask('acme', {}, 10)).toBe(59_990);
});

it('a refused call does not prolong the wait, and a clock that was set back shuts nobody out', () => {
  const pace = createDeletionPace();
  pace.ask('acme', {}, 100_000);
  pace.ask('acme', {}, 150_000);
  expect(pace.ask('acme', {}, 160_000)).toBe(0);
  expect(pace.ask('acme', {}, 10_000)).toBe(0);
});
