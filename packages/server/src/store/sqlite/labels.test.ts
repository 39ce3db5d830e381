import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { changeOf, clusterSpec, commitWritten, createCluster } from '../conformance/samples.ts';
import type { Write } from '../store.ts';
import { scratchFolder } from '../testing/scratch-folder.ts';
import { migrate } from './migrate.ts';
import { labelledRows } from './read.ts';
import { openSqliteStore } from './sqlite-store.ts';

it.each([
  ['label_by_key', ''],
  ['label_by_value', 'AND label.value = ?'],
])('a page of what has a label is read by %s in its order, and nothing is sorted', (index, ofValue) => {
  using database = new DatabaseSync(':memory:');
  migrate(database);
  const query = `EXPLAIN QUERY PLAN ${labelledRows(index, ofValue)}`;
  const plan = database.prepare(query).all(...query.replaceAll(/[^?]/g, ''));
  expect(plan.map(({ detail }) => detail)).toEqual([
    expect.stringMatching(`SEARCH label USING COVERING INDEX ${index}`),
    expect.stringMatching('SEARCH resource USING INDEX'),
  ]);
});

it('a cluster that was removed by hand is made again, with labels or without', async () => {
  const folder = scratchFolder();
  const labelled = (env: string) => changeOf({ ...createCluster(), spec: { ...clusterSpec(), labels: { env } } } as Write);
  const remove = () => {
    using database = new DatabaseSync(join(folder, 'openkupe.db'));
    database.exec('DELETE FROM resource');
  };
  const listed = async (change: ReturnType<typeof labelled>) => {
    const store = await openSqliteStore({ folder });
    await commitWritten(store, change);
    const { rows } = await store.scan('cluster', 'acme', { label: { key: 'env', value: 'prod' } });
    const names = [...rows].map(({ name }) => name);
    await store.close();
    return names;
  };
  expect(await listed(labelled('dev'))).toEqual([]);
  remove();
  expect(await listed(labelled('prod'))).toEqual(['web']);
  remove();
  expect(await listed(changeOf(createCluster()))).toEqual([]);
});
