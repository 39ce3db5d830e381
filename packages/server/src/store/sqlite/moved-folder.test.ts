import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { changeOf, clusterKey, commitWritten, createCluster } from '../conformance/samples.ts';
import { DataFolderInUseError } from '../open-errors.ts';
import { scratchFolder } from '../testing/scratch-folder.ts';
import { type EmbeddedStore, openSqliteStore } from './sqlite-store.ts';

async function openStore(): Promise<{ store: EmbeddedStore; folder: string }> {
  const folder = join(scratchFolder(), 'data');
  const store = await openSqliteStore({ folder });
  onTestFinished(() => store.close());
  await commitWritten(store, changeOf(createCluster(clusterKey('before'))));
  return { store, folder };
}

const MOVED = { failure: 'moved', executed: 'no' };
const write = (store: EmbeddedStore, name: string) => store.commit(changeOf(createCluster(clusterKey(name))));

const WAYS: readonly (readonly [string, (folder: string) => void])[] = [
  ['removed', (folder) => rmSync(folder, { recursive: true })],
  ['renamed', (folder) => renameSync(folder, `${folder}-2`)],
  [
    'replaced by a copy of itself',
    (folder) => {
      cpSync(folder, `${folder}-2`, { recursive: true });
      rmSync(folder, { recursive: true });
      renameSync(`${folder}-2`, folder);
    },
  ],
  ['robbed of its database', (folder) => rmSync(join(folder, 'openkupe.db'))],
  ['robbed of its log', (folder) => rmSync(join(folder, 'openkupe.db-wal'))],
  ['robbed of the index of its log', (folder) => rmSync(join(folder, 'openkupe.db-shm'))],
  ['robbed of its lock file', (folder) => rmSync(join(folder, 'openkupe.lock'))],
];

describe('a data folder that is taken away while the store is open', () => {
  it.each(WAYS)('%s: the next write is refused, and reads from the next look on', async (_how, takeAway) => {
    const { store, folder } = await openStore();
    takeAway(folder);
    expect(store.failure()).toBe('moved');
    await expect(write(store, 'after')).rejects.toMatchObject(MOVED);
    await expect(store.ping()).rejects.toMatchObject(MOVED);
    expect(() => store.requirePlace()).toThrow('was removed or replaced');
    expect(store.isInPlace()).toBe(false);
    await expect(store.list('cluster')).rejects.toMatchObject(MOVED);
  });

  it('says that it does not know what became of a write during which the folder went', async () => {
    const { store, folder } = await openStore();
    const other = new DatabaseSync(join(folder, 'openkupe.db'));
    onTestFinished(() => other.close());
    // NOTE: the writer looks whether the folder is there, and then waits for the other program.
    other.exec('BEGIN IMMEDIATE');
    const written = write(store, 'during');
    written.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 200));
    renameSync(folder, `${folder}-2`);
    other.exec('ROLLBACK');
    await expect(written).rejects.toMatchObject({ failure: 'moved', executed: 'unknown' });
  });

  it('is used again when it is back as it was', async () => {
    const { store, folder } = await openStore();
    renameSync(folder, `${folder}-2`);
    await expect(write(store, 'meanwhile')).rejects.toMatchObject(MOVED);
    renameSync(`${folder}-2`, folder);
    expect(store.failure()).not.toBe('moved');
    await write(store, 'after');
    expect((await store.keys('cluster')).map(({ name }) => name)).toEqual(['after', 'before']);
  });

  it('leaves what stands at its path alone when the store is closed', async () => {
    const { store, folder } = await openStore();
    cpSync(folder, `${folder}-2`, { recursive: true });
    rmSync(folder, { recursive: true });
    renameSync(`${folder}-2`, folder);
    await store.close();
    expect(existsSync(join(folder, 'openkupe.db-wal'))).toBe(true);
    const copy = await openSqliteStore({ folder });
    onTestFinished(() => copy.close());
    expect((await copy.keys('cluster')).map(({ name }) => name)).toEqual(['before']);
  });
});

describe('the path of a data folder that was taken away', () => {
  it.skipIf(process.platform !== 'linux')('is not free for a second control plane before the first has stopped', async () => {
    const { store, folder } = await openStore();
    rmSync(folder, { recursive: true });
    await expect(openSqliteStore({ folder })).rejects.toThrow(DataFolderInUseError);
    mkdirSync(folder);
    await expect(openSqliteStore({ folder })).rejects.toThrow(DataFolderInUseError);
    await store.close();
    await (await openSqliteStore({ folder })).close();
  });
});
