import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { changeOf, clusterKey, createCluster } from '../conformance/samples.ts';
import { type Store, StoreUnavailableError } from '../store.ts';
import { createGroupCommit } from './group-commit.ts';
import { openFolder } from './open.ts';
import { createSqliteStore, STORE_LIMITS } from './sqlite-store.ts';
import { countTransactions } from './testing/count-transactions.ts';
import { scratchFolder } from './testing/scratch-folder.ts';

const COMMITS = 40;

function openStore(largestGroup: number): { store: Store; folder: string } {
  const folder = scratchFolder();
  const store = createSqliteStore(openFolder(folder), { ...STORE_LIMITS, largestGroup });
  onTestFinished(() => store.close());
  return { store, folder };
}

const create = (store: Store, index: number) => store.commit(changeOf(createCluster(clusterKey(`c${index}`))));

describe('commits handed in during one turn', () => {
  it.each([
    { largestGroup: STORE_LIMITS.largestGroup, transactions: 1 },
    { largestGroup: 15, transactions: 3 },
    { largestGroup: 1, transactions: COMMITS },
  ])('share transactions of at most $largestGroup: $transactions on disk', async ({ largestGroup, transactions }) => {
    const { store, folder } = openStore(largestGroup);
    const before = countTransactions(folder);
    const outcomes = await Promise.all(Array.from({ length: COMMITS }, (_, index) => create(store, index)));
    expect(outcomes.map((one) => one.outcome === 'written' && one.revision)).toEqual(
      Array.from({ length: COMMITS }, (_, index) => index + 1),
    );
    expect(countTransactions(folder) - before).toBe(transactions);
  });

  it('share it with leases, finished work and pings', async () => {
    const { store, folder } = openStore(STORE_LIMITS.largestGroup);
    const before = countTransactions(folder);
    const key = clusterKey();
    const woken = store.commit({ at: 1, writes: [], wake: [key] });
    const leased = store.leaseWork({ owner: 'me', leaseMs: 10, limit: 1 });
    await Promise.all([woken, leased, store.ping()]);
    expect(await leased).toMatchObject([{ key }]);
    expect(countTransactions(folder) - before).toBe(1);
  });

  it('write nothing when all of them are refused', async () => {
    const { store, folder } = openStore(STORE_LIMITS.largestGroup);
    await create(store, 1);
    const before = countTransactions(folder);
    expect(await Promise.all([create(store, 1), create(store, 1)])).toMatchObject([{ outcome: 'exists' }, { outcome: 'exists' }]);
    expect(countTransactions(folder)).toBe(before);
  });
});

describe('a group', () => {
  function openGroup(largestGroup = 10) {
    const folder = scratchFolder();
    const open = openFolder(folder);
    const { database, close } = open;
    database.exec('CREATE TABLE seen (n INTEGER) STRICT');
    const insert = database.prepare('INSERT INTO seen VALUES (?)');
    const seen = database.prepare('SELECT n FROM seen ORDER BY n');
    const group = createGroupCommit({ ...open, isFull: () => false }, largestGroup);
    onTestFinished(() => {
      if (database.isOpen) close();
    });
    return {
      database,
      folder,
      group,
      add: (n: number) => group.run(() => ({ isKept: n >= 0, result: insert.run(n).lastInsertRowid })),
      seen: () => seen.all().map(({ n }) => n),
    };
  }

  it('resolves no member before the transaction is on disk', async () => {
    const { add, folder, seen } = openGroup();
    const other = new DatabaseSync(`${folder}/openkupe.db`, { readOnly: true });
    onTestFinished(() => other.close());
    const seenByOthers = () => other.prepare('SELECT count(*) AS n FROM seen').get()?.n;
    const first = add(1).then(seenByOthers);
    const second = add(2);
    expect(seen()).toEqual([]);
    expect(await first).toBe(2);
    await second;
  });

  it('undoes a member that asks for it, and only that one', async () => {
    const { add, seen } = openGroup();
    await Promise.all([add(1), add(-2), add(3)]);
    expect(seen()).toEqual([1, 3]);
  });

  it('rejects a member that throws after it wrote, and only that one', async () => {
    const { database, add, group, seen } = openGroup();
    const mistake = new TypeError('a defect');
    const broken = group.run(() => {
      database.exec('INSERT INTO seen VALUES (2)');
      throw mistake;
    });
    const statement = group.run(() => ({ isKept: true, result: database.exec('INSERT INTO seen VALUES (7), (8.5)') }));
    const outcomes = await Promise.allSettled([add(1), broken, statement, add(3)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: mistake });
    expect(outcomes[2]).toMatchObject({ reason: { errcode: 19 + (12 << 8) } });
    expect(seen()).toEqual([1, 3]);
  });

  it('rejects all of its members when another process holds the database, and works again afterwards', async () => {
    const { add, folder, seen } = openGroup();
    const other = new DatabaseSync(`${folder}/openkupe.db`);
    onTestFinished(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    const outcomes = await Promise.allSettled([add(1), add(2)]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailableError' } });
    other.exec('ROLLBACK');
    await add(3);
    expect(seen()).toEqual([3]);
  });

  it('ends a transaction that could not be rolled back before it begins the next', async () => {
    const { database, add, seen } = openGroup();
    const exec = vi.spyOn(database, 'exec');
    exec.mockImplementationOnce(() => {
      throw new Error('the rollback failed');
    });
    database.exec = exec as never;
    const failed = add(1);
    database.prepare('BEGIN').run();
    await expect(failed).rejects.toThrow(StoreUnavailableError);
    await expect(add(2)).rejects.toThrow(StoreUnavailableError);
    await add(3);
    expect(seen()).toEqual([3]);
  });

  it('runs what waits when it is drained, and refuses what comes after', async () => {
    const { add, group, seen } = openGroup(2);
    const accepted = [add(1), add(2), add(3)];
    group.drain();
    expect(seen()).toEqual([1, 2, 3]);
    await Promise.all(accepted);
    await expect(add(4)).rejects.toThrow('The store is closed');
  });
});
