import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { changeOf, clusterKey, createCluster } from '../conformance/samples.ts';
import { type Store, StoreUnavailableError } from '../store.ts';
import { scratchFolder } from '../testing/scratch-folder.ts';
import { STORE_LIMITS } from '../write-methods.ts';
import { createGroupCommit } from './group-commit.ts';
import { openFolder } from './open.ts';
import { createSqliteStore } from './sqlite-store.ts';
import { countTransactions } from './testing/count-transactions.ts';

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
  /** Requests are numbers to insert; one below zero is refused after it was written. */
  function openGroup() {
    const folder = scratchFolder();
    const open = openFolder(folder);
    const { database, close } = open;
    database.exec('CREATE TABLE seen (n INTEGER) STRICT');
    const insert = database.prepare('INSERT INTO seen VALUES (?)');
    const seen = database.prepare('SELECT n FROM seen ORDER BY n');
    const commitGroup = createGroupCommit({ ...open, isFull: () => false }, (request) => {
      const { bytes: n } = request as { bytes: number };
      insert.run(n);
      if (n === DEFECT) throw mistake;
      if (n === CONSTRAINT) database.exec('INSERT INTO seen VALUES (7), (8.5)');
      return { isKept: n >= 0, result: n };
    });
    onTestFinished(() => {
      if (database.isOpen) close();
    });
    const add = (...numbers: number[]) => commitGroup(numbers.map((bytes) => ({ verb: 'probe', bytes })));
    return { database, folder, add, seen: () => seen.all().map(({ n }) => n) };
  }
  const DEFECT = 1_000;
  const CONSTRAINT = 2_000;
  const mistake = new TypeError('a defect');

  it('is on disk when it returns', () => {
    const { add, folder } = openGroup();
    const other = new DatabaseSync(`${folder}/openkupe.db`, { readOnly: true });
    onTestFinished(() => other.close());
    expect(add(1, 2)).toEqual([{ result: 1 }, { result: 2 }]);
    expect(other.prepare('SELECT count(*) AS n FROM seen').get()?.n).toBe(2);
  });

  it('undoes a member that asks for it, and only that one', () => {
    const { add, seen } = openGroup();
    expect(add(1, -2, 3)).toEqual([{ result: 1 }, { result: -2 }, { result: 3 }]);
    expect(seen()).toEqual([1, 3]);
  });

  it('fails a member that throws after it wrote, and only that one', () => {
    const { add, seen } = openGroup();
    expect(add(1, DEFECT, CONSTRAINT, 3)).toMatchObject([
      { result: 1 },
      { error: mistake },
      { error: { errcode: 19 + (12 << 8) } },
      { result: 3 },
    ]);
    expect(seen()).toEqual([1, 3]);
  });

  it('fails all of its members when another process holds the database, and works again afterwards', () => {
    const { add, folder, seen } = openGroup();
    const other = new DatabaseSync(`${folder}/openkupe.db`);
    onTestFinished(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    for (const settled of add(1, 2)) expect(settled).toMatchObject({ error: { name: 'StoreUnavailableError' } });
    other.exec('ROLLBACK');
    add(3);
    expect(seen()).toEqual([3]);
  });

  it('ends a transaction that could not be rolled back before it begins the next', () => {
    const { database, add, seen } = openGroup();
    const exec = vi.spyOn(database, 'exec');
    exec.mockImplementationOnce(() => {
      throw new Error('the rollback failed');
    });
    database.exec = exec as never;
    database.prepare('BEGIN').run();
    expect(add(1)).toMatchObject([{ error: expect.any(StoreUnavailableError) }]);
    expect(add(2)).toMatchObject([{ error: expect.any(StoreUnavailableError) }]);
    add(3);
    expect(seen()).toEqual([3]);
  });
});
