import { systemClock, systemRandom } from '@openkupe/contract';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createDamageReport } from '../../store/broken-data.ts';
import { startInlineWriter } from '../../store/sqlite/inline-writer.ts';
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts';
import type { Store } from '../../store/store.ts';
import { scratchFolder } from '../../store/testing/scratch-folder.ts';
import { updateIf } from '../../store/writes.ts';
import { openLocalValues } from '../local/local-values.ts';
import { createStoredValues } from './stored-values.ts';

const KEY = new Uint8Array(32).fill(7);
let store: Store;
let inFolder: Awaited<ReturnType<typeof openLocalValues>>;
const open = (key = KEY, takesNew = true) =>
  createStoredValues({
    store,
    key,
    clock: systemClock,
    random: systemRandom,
    damage: createDamageReport({ error: () => {} }),
    files: inFolder,
    takesNew,
  });
beforeEach(async () => {
  const opened = await openSqliteStore({ folder: scratchFolder(), startWriter: startInlineWriter });
  onTestFinished(() => opened.close());
  store = opened;
  inFolder = await openLocalValues({ folder: scratchFolder(), key: KEY, random: systemRandom });
});

describe('values in the store', () => {
  it('are what every process reads, with a version that counts', async () => {
    const [mine, theirs] = [open(), open()];
    expect(await mine.read('acme', 'db')).toEqual({ outcome: 'missing' });
    expect(await mine.put('acme', 'db', { password: 'one' })).toEqual({ outcome: 'put', version: '1' });
    expect(await theirs.put('acme', 'db', { password: 'two' })).toEqual({ outcome: 'put', version: '2' });
    expect(await mine.read('acme', 'db')).toEqual({ outcome: 'found', version: '2', values: { password: 'two' } });
    expect(await mine.read('other', 'db')).toEqual({ outcome: 'missing' });
  });

  it('give each of several writers a version of its own', async () => {
    const versions = await Promise.all([open(), open(), open()].map((values, at) => values.put('acme', 'db', { at: String(at) })));
    expect(new Set(versions.map((put) => JSON.stringify(put))).size).toBe(3);
  });

  it('are stored sealed, and cannot be read under another key or at the place of another tenant', async () => {
    await open().put('acme', 'db', { password: 'correct horse' });
    await open().put('other', 'db', { password: 'battery staple' });
    expect(JSON.stringify(await store.list('secret-value'))).not.toMatch(/correct|battery|password/);
    expect((await open(new Uint8Array(32)).read('acme', 'db')).outcome).toBe('unavailable');
    const [mine, theirs] = await store.list('secret-value');
    if (!mine || !theirs) throw new Error('two rows were written');
    await store.commit({ at: 0, writes: [updateIf(theirs, mine.spec)] });
    expect((await open().read('other', 'db')).outcome).toBe('unavailable');
  });

  it('come from the files of an earlier release while the store has none, and are refused by the same rules', async () => {
    await inFolder.put('acme', 'db', { password: 'old' });
    expect(await open().read('acme', 'db')).toMatchObject({ values: { password: 'old' } });
    expect(await open().put('acme', 'db', { password: 'new' })).toEqual({ outcome: 'put', version: '2' });
    expect(await open().read('acme', 'db')).toMatchObject({ version: '2', values: { password: 'new' } });
    expect(await open().put('acme', 'db', { password: 'newer' })).toEqual({ outcome: 'put', version: '3' });
    expect(await open().read('acme', 'db')).toMatchObject({ version: '3', values: { password: 'newer' } });
    expect((await open().put('acme', 'db', { 'a b': 'x' })).outcome).toBe('refused');
  });

  it('stay in the store of one process that they were copied into, and new ones go to the files', async () => {
    await open().put('acme', 'copied', { password: 'one' });
    const alone = open(KEY, false);
    await alone.put('acme', 'copied', { password: 'two' });
    await alone.put('acme', 'new', { password: 'three' });
    expect(await open().read('acme', 'copied')).toMatchObject({ version: '2', values: { password: 'two' } });
    expect((await inFolder.read('acme', 'copied')).outcome).toBe('missing');
    expect(await inFolder.read('acme', 'new')).toMatchObject({ values: { password: 'three' } });
  });
});
