import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { changeOf, clusterKey, clusterSpec, commitWritten, createCluster, RECORD } from '../conformance/samples.ts';
import { replaceStoredFile } from '../replace-stored-file.ts';
import { type Change, type Store, StoreUnavailableError } from '../store.ts';
import { scratchFolder } from '../testing/scratch-folder.ts';
import { STORE_LIMITS } from '../write-methods.ts';
import { openFolder } from './open.ts';
import { createSqliteStore, openSqliteStore } from './sqlite-store.ts';

const LARGE = 'x'.repeat(50_000);

/** A change that needs many new pages and touches every table. */
function largeChange(name: string, text = LARGE): Change {
  const key = clusterKey(name);
  const write = createCluster(key);
  return {
    ...changeOf(Object.assign(write, { spec: clusterSpec(text) })),
    audit: {
      tenant: 'acme',
      actor: 'a',
      action: 'b',
      target: name,
      requestId: name,
      tenantUid: '',
      targetUid: '',
      address: '',
      fields: [],
    },
    events: [{ key, type: 'created', message: name }],
    wake: [key],
    idempotency: { ...RECORD, scope: name },
  };
}

/** Hands in one commit that fits and several that do not, in one turn, until the space is used up. */
async function fillUp(store: Store): Promise<void> {
  for (let round = 0; round < 1_000; round += 1) {
    const before = await store.list('cluster');
    const names = [`r${round}a`, `r${round}b`, `r${round}c`];
    const outcomes = await Promise.allSettled(names.map((name) => store.commit(largeChange(name))));
    const failed = outcomes.filter(({ status }) => status === 'rejected');
    if (failed.length === 0) continue;
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: expect.any(StoreUnavailableError) });
    expect(await store.list('cluster')).toEqual(before);
    expect((await store.audit('acme', 10_000)).length).toBe(before.length);
    expect((await store.events(0, 10_000)).length).toBe(before.length);
    for (const name of names) expect(await store.idempotencyRecord(name, 0)).toBeUndefined();
    return;
  }
  throw new Error('the disk never filled up');
}

describe('a full database', () => {
  it('rejects the whole group, keeps nothing of it, and goes on when there is space', async () => {
    const open = openFolder(scratchFolder());
    const store = createSqliteStore(open, STORE_LIMITS);
    onTestFinished(() => store.close());
    open.database.exec('PRAGMA max_page_count = 200');
    await fillUp(store);
    const { length } = await store.list('cluster');
    expect(length).toBeGreaterThan(3);
    await expect(store.commit(largeChange('again', LARGE.repeat(10)))).rejects.toThrow(StoreUnavailableError);
    open.database.exec('PRAGMA max_page_count = 4000');
    const { revision } = await commitWritten(store, largeChange('again'));
    expect(revision).toBe(length + 1);
    expect(await store.list('cluster')).toHaveLength(length + 1);
  });
});

/** A file system of 4 MB that can really be full; undefined where this process may not mount one. */
function mountSmallDisk(): string | undefined {
  const folder = scratchFolder();
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => {
    execFileSync('umount', [disk]);
  });
  return disk;
}

describe('a full disk', () => {
  it('rejects the whole group, keeps nothing of it, and goes on when there is space', async (context) => {
    const disk = mountSmallDisk();
    if (!disk) return context.skip('needs the right to mount a file system');
    const ballast = join(disk, 'ballast');
    writeFileSync(ballast, Buffer.alloc(2 * 1024 * 1024, 1));
    const store = await openSqliteStore({ folder: join(disk, 'data') });
    onTestFinished(() => store.close());
    await fillUp(store);
    const before = await store.list('cluster');
    rmSync(ballast);
    await store.ping();
    await commitWritten(store, largeChange('again'));
    await store.close();
    const reopened = await openSqliteStore({ folder: join(disk, 'data') });
    onTestFinished(() => reopened.close());
    expect((await reopened.list('cluster')).map(({ name }) => name)).toEqual(['again', ...before.map(({ name }) => name)]);
  });

  it('is what readiness says before the next write, however much is left, and no longer once there is room', async (context) => {
    const disk = mountSmallDisk();
    if (!disk) return context.skip('needs the right to mount a file system');
    const store = await openSqliteStore({ folder: join(disk, 'data') });
    onTestFinished(() => store.close());
    await store.ping();
    const outcomes = new Set<string>();
    for (let leftKb = 2_400; leftKb >= 0; leftKb -= 200) {
      const ballast = join(disk, 'ballast');
      rmSync(ballast, { force: true });
      const { bfree, bsize } = statfsSync(disk);
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bfree * bsize - leftKb * 1024), 1));
      const ready = await store.ping().then(
        () => store.failure() ?? 'written',
        (error: StoreUnavailableError) => error.failure,
      );
      const written = await store.commit(changeOf(createCluster(clusterKey(`left-${leftKb}`)))).then(
        ({ outcome }) => outcome,
        (error: StoreUnavailableError) => error.failure,
      );
      expect(`${leftKb} kB: ${written}`).toBe(`${leftKb} kB: ${ready}`);
      outcomes.add(ready);
    }
    expect([...outcomes]).toEqual(['written', 'full']);
    rmSync(join(disk, 'ballast'));
    expect(store.failure()).toBeUndefined();
    await store.ping();
    await commitWritten(store, changeOf(createCluster(clusterKey('again'))));
  });

  it('is what is thrown for a file beside the database, of which the old one stays', async (context) => {
    const disk = mountSmallDisk();
    if (!disk) return context.skip('needs the right to mount a file system');
    const file = join(disk, 'values.sealed');
    await replaceStoredFile(file, 'old');
    const { bfree, bsize } = statfsSync(disk);
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(bfree * bsize, 1));
    await expect(replaceStoredFile(file, 'new')).rejects.toMatchObject({ name: 'StoreUnavailableError', failure: 'full' });
    expect([readFileSync(file, 'utf8'), readdirSync(disk).sort()]).toEqual(['old', ['ballast', 'values.sealed']]);
    rmSync(join(disk, 'ballast'));
    await replaceStoredFile(file, 'new');
    expect(readFileSync(file, 'utf8')).toBe('new');
  });

  it('is what a start on it says', async (context) => {
    const disk = mountSmallDisk();
    if (!disk) return context.skip('needs the right to mount a file system');
    const folder = join(disk, 'data');
    const store = await openSqliteStore({ folder });
    await commitWritten(store, largeChange('pending'));
    const killed = join(disk, 'killed');
    cpSync(folder, killed, { recursive: true });
    await store.close();
    const { bfree, bsize } = statfsSync(disk);
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(bfree * bsize, 1));
    for (const full of [folder, killed])
      await expect(openSqliteStore({ folder: full })).rejects.toThrow(
        `The disk of the data folder "${full}" is full; make room and start again`,
      );
    rmSync(join(disk, 'ballast'));
    for (const full of [folder, killed]) await (await openSqliteStore({ folder: full })).close();
  });
});
