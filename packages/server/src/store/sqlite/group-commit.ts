import type { DatabaseSync } from 'node:sqlite';
import type { ResourceKey } from '../resource.ts';
import { moved } from '../unavailable.ts';
import type { Settled, WriteRequest } from '../write-request.ts';
import type { ApplyRequest } from './apply-request.ts';
import { prepareCounter } from './counter.ts';
import type { RowVersions } from './row-cache.ts';
import { full, isStoreFailure, unavailable } from './unavailable.ts';

/**
 * Runs requests in one transaction, because the cost of a durable write is the fsync and not the write (`bench/store`). Returns once it is on
 * disk, with how each request ended, in order. A request that throws is undone and alone in it; where the transaction fails, all have failed.
 */
export type GroupCommit = (requests: readonly WriteRequest[]) => Settled[];

/** The database, and what is asked about its disk before a transaction begins. */
export interface GroupDisk {
  readonly database: DatabaseSync;
  readonly isInPlace: () => boolean;
  readonly isFull: () => boolean;
  readonly versions: Pick<RowVersions, 'begin'>;
}

interface Attempt {
  readonly isKept: boolean;
  readonly settled: Settled;
}

/** The resources that a group may write. */
function* keysIn(requests: readonly WriteRequest[]): Generator<ResourceKey> {
  for (const request of requests) if (request.verb === 'commit') for (const { key } of request.change.writes) yield key;
}

/** Whether the files are still in their place is asked before a transaction, and again before its outcome is returned. */
export function createGroupCommit({ database, isInPlace, isFull, versions }: GroupDisk, apply: ApplyRequest): GroupCommit {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const savepoint = database.prepare('SAVEPOINT member');
  const undo = database.prepare('ROLLBACK TO member');
  const release = database.prepare('RELEASE member');
  const nextPing = prepareCounter(database, 'ping');

  function attempt(request: WriteRequest): Attempt {
    savepoint.run();
    try {
      const { isKept, result } = apply(request);
      if (!isKept) undo.run();
      release.run();
      return { isKept, settled: { result } };
    } catch (error) {
      if (isStoreFailure(error) || !database.isTransaction) throw error;
      undo.run();
      release.run();
      return { isKept: false, settled: { error } };
    }
  }

  function rollBack(): void {
    try {
      // SQLite ends the transaction itself after some errors, e.g. a full disk.
      if (database.isTransaction) database.exec('ROLLBACK');
    } catch {
      // NOTE: the transaction stays open, so the next BEGIN fails, its group fails, and this is tried again.
    }
  }

  /**
   * A commit whose fsync failed is rolled back in memory, but its record may stand complete in the log, and a process that died now would
   * find it there as committed. Any write takes its place in the log, so one is made before the failure is reported.
   */
  function overwriteFailedCommit(): void {
    try {
      nextPing();
    } catch {
      // NOTE: what matters is that it was tried: the record is in its place even if the fsync of this one failed too.
    }
  }

  function commitAll(keys: Iterable<ResourceKey>): void {
    const end = versions.begin(keys);
    try {
      commit.run();
    } finally {
      end();
    }
  }

  return (requests) => {
    let isCommitting = false;
    try {
      if (!isInPlace()) throw moved('no');
      if (isFull()) throw full();
      begin.run();
      const attempts = requests.map(attempt);
      // A group that was refused as a whole costs no fsync: what was undone would still be written as changed pages.
      isCommitting = attempts.some(({ isKept }) => isKept);
      if (isCommitting) commitAll(keysIn(requests));
      else rollBack();
      isCommitting = false;
      if (!isInPlace()) throw moved('unknown');
      return attempts.map(({ settled }) => settled);
    } catch (error) {
      rollBack();
      if (isCommitting) overwriteFailedCommit();
      const settled = { error: unavailable(error) };
      return requests.map(() => settled);
    }
  };
}
