import { expect, it } from 'vitest';
import type { ResourceKey } from '../resource.ts';
import { createRowCache, createRowVersions, type ReadKey } from './row-cache.ts';

const WEB: ResourceKey<'cluster'> = { kind: 'cluster', tenant: 'acme', name: 'web' };
const ALL: ReadKey = { kind: 'cluster', tenant: 'acme' };

function setUp() {
  const versions = createRowVersions();
  const cache = createRowCache(createRowVersions(versions.memory));
  const counts = new Map<ReadKey, number>();
  /** How often what `key` names was read. */
  const read = (key: ReadKey, during = () => {}) =>
    cache.through(key, () => {
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      during();
      return { count };
    }).count;
  return { versions, cache, read };
}

it('reads a row once until it is written, and the list of its tenant until any row of it is', () => {
  const { versions, read } = setUp();
  expect([read(WEB), read(WEB), read(ALL), read(ALL)]).toEqual([1, 1, 1, 1]);
  versions.begin([
    { ...WEB, tenant: 'other' },
    { kind: 'secret', tenant: 'acme', name: 'web' },
  ])();
  expect([read(WEB), read(ALL)]).toEqual([1, 1]);
  versions.begin([{ ...WEB, name: 'beside' }])();
  expect([read(WEB), read(ALL)]).toEqual([1, 2]);
  versions.begin([WEB])();
  expect([read(WEB), read(WEB), read(ALL)]).toEqual([2, 2, 3]);
});

it('keeps nothing while a commit is under way, nor what was read when one began', () => {
  const { versions, read } = setUp();
  const end = versions.begin([WEB]);
  expect([read(WEB), read(WEB)]).toEqual([1, 2]);
  end();
  let endAnother = () => {};
  const begin = () => {
    endAnother = versions.begin([WEB]);
  };
  expect(read(WEB, begin)).toBe(3);
  endAnother();
  expect([read(WEB), read(WEB)]).toEqual([4, 4]);
});

it('counts a commit that writes a row twice as one', () => {
  const { versions, read } = setUp();
  const end = versions.begin([WEB, WEB]);
  expect([read(WEB), read(WEB)]).toEqual([1, 2]);
  end();
  expect([read(WEB), read(WEB)]).toEqual([3, 3]);
});

it('keeps nothing that is not there, and no more rows than it may', () => {
  const { cache } = setUp();
  let reads = 0;
  const list = (tenant: string, rows: number | undefined) =>
    cache.through(
      { kind: 'cluster', tenant },
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
  read(WEB);
  cache.clear();
  expect(read(WEB)).toBe(2);
});
