import { expect, it } from 'vitest';
import { createKindVersions } from './kind-versions.ts';
import { createRowCache } from './row-cache.ts';

function setUp() {
  const versions = createKindVersions();
  const cache = createRowCache(createKindVersions(versions.memory));
  let reads = 0;
  const read = (during = () => {}) =>
    cache.through('cluster', 'web', () => {
      reads += 1;
      during();
      return { read: reads };
    }).read;
  const move = () => versions.move(new Set(['cluster', 'tenant']));
  return { versions, cache, read, move };
}

it('reads once until the kind is written', () => {
  const { versions, read, move } = setUp();
  expect([read(), read()]).toEqual([1, 1]);
  versions.move(new Set(['api-key']));
  versions.move(new Set(['api-key']));
  expect(read()).toBe(1);
  move();
  move();
  expect([read(), read()]).toEqual([2, 2]);
});

it('keeps nothing while a commit is under way, nor what was read when one began', () => {
  const { read, move } = setUp();
  move();
  expect([read(), read()]).toEqual([1, 2]);
  move();
  expect(read(move)).toBe(3);
  move();
  expect([read(), read()]).toEqual([4, 4]);
});

it('keeps nothing that is not there, and no more rows than it may', () => {
  const { cache } = setUp();
  let reads = 0;
  const list = (name: string, rows: number | undefined) =>
    cache.through(
      'cluster',
      name,
      () => {
        reads += 1;
        return rows;
      },
      (value) => value ?? 0,
    );
  for (const _ of [1, 2]) list('missing', undefined);
  expect(reads).toBe(2);
  for (const _ of [1, 2]) list('longer', 5_001);
  expect(reads).toBe(4);
  for (const _ of [1, 2]) list('long', 5_000);
  expect(reads).toBe(5);
  list('other', 1);
  list('long', 5_000);
  expect(reads).toBe(7);
});

it('forgets everything when it is cleared', () => {
  const { cache, read } = setUp();
  read();
  cache.clear();
  expect(read()).toBe(2);
});
