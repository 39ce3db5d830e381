import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { changeOf, commitWritten, createCluster } from '../conformance/samples.ts';
import { DataFolderInUseError, DataFolderNotUsableError, SchemaTooNewError } from '../open-errors.ts';
import type { Store } from '../store.ts';
import { scratchFolder } from '../testing/scratch-folder.ts';
import { openFolder } from './open.ts';
import { openSqliteStore } from './sqlite-store.ts';

const OTHER_PROCESS = join(import.meta.dirname, 'testing', 'commit-until-killed.ts');

async function open(folder: string): Promise<Store> {
  const store = await openSqliteStore({ folder });
  onTestFinished(() => store.close());
  return store;
}

function modes(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .map((name) => `${name} ${(statSync(join(folder, name)).mode & 0o777).toString(8)}`);
}

describe('the files', () => {
  const PRIVATE = ['openkupe.db 600', 'openkupe.db-shm 600', 'openkupe.db-wal 600', 'openkupe.lock 600'];

  it('are readable by their owner alone, in a folder that is made with its parents', async () => {
    const folder = join(scratchFolder(), 'a', 'b');
    const store = await open(folder);
    await commitWritten(store, changeOf(createCluster()));
    expect(modes(folder)).toEqual(PRIVATE);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('are made private when they were not', async () => {
    const folder = scratchFolder();
    await (await openSqliteStore({ folder })).close();
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644);
    await commitWritten(await open(folder), changeOf(createCluster()));
    expect(modes(folder)).toEqual(PRIVATE);
  });

  it('are written so that a commit survives a loss of power', () => {
    const { database, close } = openFolder(scratchFolder());
    onTestFinished(close);
    const setting = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    expect(setting('journal_mode')).toBe('wal');
    expect(setting('synchronous')).toBe(2);
    expect(setting('busy_timeout')).toBe(500);
    expect(setting('fullfsync')).toBe(1);
  });

  it('can be read by a backup tool while the store is open', async () => {
    const folder = scratchFolder();
    await commitWritten(await open(folder), changeOf(createCluster()));
    const copy = join(scratchFolder(), 'copy.db');
    const tool = new DatabaseSync(join(folder, 'openkupe.db'), { readOnly: true });
    tool.prepare('VACUUM INTO ?').run(copy);
    tool.close();
    const backup = new DatabaseSync(copy);
    onTestFinished(() => backup.close());
    expect(backup.prepare('SELECT name FROM resource').all()).toEqual([{ name: 'web' }]);
  });
});

describe('a data folder that cannot be opened', () => {
  it.each([['itself'], ['sub', 'folder']])('says that a file is not a directory (%s)', async (...below) => {
    const file = join(scratchFolder(), 'file');
    writeFileSync(file, '');
    const folder = below[0] === 'itself' ? file : join(file, ...below);
    await expect(openSqliteStore({ folder })).rejects.toThrow(DataFolderNotUsableError);
    await expect(openSqliteStore({ folder })).rejects.toThrow(`"${folder}" is not a directory; choose another path or move the file away`);
  });

  it('says that it cannot be written', async (context) => {
    const folder = process.getuid?.() === 0 ? '/proc/openkupe' : join(scratchFolder(), 'locked');
    if (process.getuid?.() !== 0) mkdirSync(folder, { mode: 0o500 });
    else if (process.platform !== 'linux') return context.skip('needs a folder that root cannot write');
    await expect(openSqliteStore({ folder })).rejects.toThrow(DataFolderNotUsableError);
    await expect(openSqliteStore({ folder })).rejects.toThrow(/cannot be written \(E[A-Z]+\); let the user that runs the server own it/);
  });

  it('says that what is at the place of the database cannot be opened', async () => {
    const folder = scratchFolder();
    mkdirSync(join(folder, 'openkupe.db'));
    await expect(openSqliteStore({ folder })).rejects.toThrow(`"${join(folder, 'openkupe.db')}" cannot be opened; let it be a file`);
  });

  it('says that the file is not a database, and leaves it alone', async () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, 'openkupe.db'), 'a letter to a friend, longer than a header of a hundred bytes, '.repeat(4));
    await expect(openSqliteStore({ folder })).rejects.toThrow(DataFolderNotUsableError);
    await expect(openSqliteStore({ folder })).rejects.toThrow('is not a database; restore it from a backup');
    expect(statSync(join(folder, 'openkupe.db')).size).toBe(252);
  });

  it('says that a newer release wrote it, changes nothing, and stays free for that release', async () => {
    const folder = scratchFolder();
    const { database, close } = openFolder(folder);
    const known = Number(database.prepare('PRAGMA user_version').get()?.user_version);
    database.exec(`PRAGMA user_version = ${known + 1}`);
    close();
    await expect(openSqliteStore({ folder })).rejects.toThrow(SchemaTooNewError);
    const sentence = `schema version ${known + 1}, this release knows up to ${known}; start the newer release`;
    await expect(openSqliteStore({ folder })).rejects.toThrow(sentence);
    const file = new DatabaseSync(join(folder, 'openkupe.db'));
    expect(file.prepare('PRAGMA user_version').get()).toEqual({ user_version: known + 1 });
    file.exec(`PRAGMA user_version = ${known}`);
    file.close();
    await open(folder);
  });
});

describe('a second control plane on the folder', () => {
  it('is refused in the same process, until the first has closed', async () => {
    const folder = scratchFolder();
    const first = await openSqliteStore({ folder });
    await expect(openSqliteStore({ folder })).rejects.toThrow(DataFolderInUseError);
    await expect(openSqliteStore({ folder })).rejects.toThrow(`uses the data folder "${folder}"; stop it first, or choose another folder`);
    await commitWritten(first, changeOf(createCluster()));
    await first.close();
    await open(folder);
  });

  it('is refused while another process runs, and let in once that was killed', async () => {
    const folder = scratchFolder();
    const other = spawn(process.execPath, [OTHER_PROCESS, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void other.kill('SIGKILL'));
    await once(other.stdout, 'data');
    await expect(openSqliteStore({ folder })).rejects.toThrow(DataFolderInUseError);
    other.kill('SIGKILL');
    await once(other, 'exit');
    await open(folder);
  });
});
