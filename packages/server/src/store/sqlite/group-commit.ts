import type { DatabaseSync } from 'node:sqlite';
import { prepareCounter } from './counter.ts';
import { closed, full, isStoreFailure, moved, unavailable } from './unavailable.ts';

/** What one member of a group did. With `isKept: false` everything it wrote is undone, and its neighbours never see it. */
export interface Applied<T> {
  readonly isKept: boolean;
  readonly result: T;
}

/**
 * Runs everything that was handed in during one turn of the event loop in one transaction, because the cost of a durable write is the
 * fsync and not the write (measured in bench/store). A member resolves after the transaction it was part of is on disk.
 */
export interface GroupCommit {
  /** `apply` is synchronous. If it throws, only its own promise rejects; if the transaction fails, all of the group reject. */
  run<T>(apply: () => Applied<T>): Promise<T>;
  /** Runs what is waiting and refuses everything after. */
  drain(): void;
}

/** The database, and what is asked about its disk before a transaction begins. */
export interface GroupDisk {
  readonly database: DatabaseSync;
  readonly isInPlace: () => boolean;
  readonly isFull: () => boolean;
}

interface Member {
  readonly apply: () => Applied<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Attempt {
  readonly isKept: boolean;
  /** Tells the member how it went, once the transaction is on disk. */
  readonly settle: () => void;
}

/**
 * At most `largestGroup` members share a transaction; the rest take the next turn, so that requests are answered in between. Whether the
 * files are still in their place is asked before a transaction and again before anybody hears that it is on disk.
 */
export function createGroupCommit({ database, isInPlace, isFull }: GroupDisk, largestGroup: number): GroupCommit {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const savepoint = database.prepare('SAVEPOINT member');
  const undo = database.prepare('ROLLBACK TO member');
  const release = database.prepare('RELEASE member');
  const nextPing = prepareCounter(database, 'ping');
  const waiting: Member[] = [];
  let isClosed = false;

  function attempt(member: Member): Attempt {
    savepoint.run();
    try {
      const { isKept, result } = member.apply();
      if (!isKept) undo.run();
      release.run();
      return { isKept, settle: () => member.resolve(result) };
    } catch (error) {
      if (isStoreFailure(error) || !database.isTransaction) throw error;
      undo.run();
      release.run();
      return { isKept: false, settle: () => member.reject(error) };
    }
  }

  function rollBack(): void {
    try {
      // SQLite ends the transaction itself after some errors, e.g. a full disk.
      if (database.isTransaction) database.exec('ROLLBACK');
    } catch {
      // NOTE: the transaction stays open, so the next BEGIN fails, its group is told, and this is tried again.
    }
  }

  /**
   * A commit whose fsync failed is rolled back in memory, but its record may stand complete in the log, and a process that died now would
   * find it there as committed. Any write takes its place in the log, so one is made before anybody is told that nothing was changed.
   */
  function overwriteFailedCommit(): void {
    try {
      nextPing();
    } catch {
      // NOTE: what matters is that it was tried: the record is in its place even if the fsync of this one failed too.
    }
  }

  function runGroup(group: readonly Member[]): void {
    const attempts: Attempt[] = [];
    let isCommitting = false;
    try {
      if (!isInPlace()) throw moved('no');
      if (isFull()) throw full();
      begin.run();
      for (const member of group) attempts.push(attempt(member));
      // A group that was refused as a whole costs no fsync: what was undone would still be written as changed pages.
      isCommitting = attempts.some(({ isKept }) => isKept);
      if (isCommitting) commit.run();
      else rollBack();
      isCommitting = false;
      if (!isInPlace()) throw moved('unknown');
    } catch (error) {
      rollBack();
      if (isCommitting) overwriteFailedCommit();
      for (const member of group) member.reject(unavailable(error));
      return;
    }
    for (const { settle } of attempts) settle();
  }

  function turn(): void {
    if (waiting.length > 0) runGroup(waiting.splice(0, largestGroup));
    if (waiting.length > 0) setImmediate(turn);
  }

  return {
    run<T>(apply: () => Applied<T>): Promise<T> {
      if (isClosed) return Promise.reject(closed());
      return new Promise<T>((resolve, reject) => {
        if (waiting.length === 0) setImmediate(turn);
        waiting.push({ apply, resolve: resolve as (result: unknown) => void, reject });
      });
    },
    drain() {
      isClosed = true;
      while (waiting.length > 0) runGroup(waiting.splice(0, largestGroup));
    },
  };
}
