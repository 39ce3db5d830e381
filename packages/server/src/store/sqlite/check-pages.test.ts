import { closeSync, openSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { changeOf, clusterKey, clusterObserved, clusterSpec, createCluster } from '../conformance/samples.ts';
import { DataFolderNotUsableError } from '../open-errors.ts';
import { scratchFolder } from '../testing/scratch-folder.ts';
import { openSqliteStore } from './sqlite-store.ts';

const PAGE_BYTES = 4_096;

async function closedStore(): Promise<{ folder: string; file: string; pages: number }> {
  const folder = scratchFolder();
  const store = await openSqliteStore({ folder });
  for (let index = 0; index < 50; index += 1) await store.commit(changeOf(createCluster(clusterKey(`c${index}`))));
  await store.close();
  const file = join(folder, 'openkupe.db');
  return { folder, file, pages: statSync(file).size / PAGE_BYTES };
}

it('finds any page that is garbage before anything is written, and says what to do', async () => {
  const { folder, file, pages } = await closedStore();
  await (await openSqliteStore({ folder })).close();
  expect(pages).toBeGreaterThan(10);
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(PAGE_BYTES, 0xa5), 0, PAGE_BYTES, 3 * PAGE_BYTES);
  closeSync(descriptor);
  await expect(openSqliteStore({ folder })).rejects.toThrow(DataFolderNotUsableError);
  await expect(openSqliteStore({ folder })).rejects.toThrow(/is damaged; copy the data folder .* restore a backup, or rescue .* \.recover/);
});

it.each([100, PAGE_BYTES, 5 * PAGE_BYTES])('finds that the database was cut to %i bytes', async (bytes) => {
  const { folder, file } = await closedStore();
  truncateSync(file, bytes);
  await expect(openSqliteStore({ folder })).rejects.toThrow('is damaged; copy the data folder');
});

it('opens a large database with a damaged page for reading, and refuses every write', async () => {
  const folder = scratchFolder();
  const text = 'x'.repeat(1_000_000);
  const names = Array.from({ length: 18 }, (_, index) => `c${index}`);
  const store = await openSqliteStore({ folder });
  for (const name of names) {
    const spec = { ...clusterSpec(), alerts: { text } };
    await store.commit(changeOf({ verb: 'create', key: clusterKey(name), uid: name, spec, observed: clusterObserved() }));
  }
  await store.close();
  const file = join(folder, 'openkupe.db');
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(PAGE_BYTES, 0xa5), 0, PAGE_BYTES, statSync(file).size - 500 * PAGE_BYTES);
  closeSync(descriptor);

  const damaged = await openSqliteStore({ folder });
  try {
    expect(await damaged.get(clusterKey('c0'))).toBeDefined();
    await expect(damaged.commit(changeOf(createCluster(clusterKey('another'))))).rejects.toMatchObject({ failure: 'damaged' });
    await expect(damaged.ping()).rejects.toMatchObject({ failure: 'damaged' });
  } finally {
    await damaged.close();
  }
});
