import type { DatabaseSync } from 'node:sqlite';
import type { Applied, WriteRequest } from '../write-request.ts';
import { prepareCommit } from './commit.ts';
import { prepareCounter } from './counter.ts';
import { prepareHistory } from './history.ts';
import { prepareIdempotencyWrites } from './idempotency-records.ts';
import { prepareWork } from './work.ts';

/** Applies a request inside the caller's transaction. */
export type ApplyRequest = (request: WriteRequest) => Applied;

/** Prepares the application of every kind of request. `keptEvents`: as in `StoreLimits`. */
export function prepareRequests(database: DatabaseSync, keptEvents: number): ApplyRequest {
  const work = prepareWork(database);
  const history = prepareHistory(database, keptEvents);
  const idempotencyRecords = prepareIdempotencyWrites(database);
  const applyChange = prepareCommit(database, { work, history, idempotencyRecords });
  const keepInstallation = database.prepare('REPLACE INTO installation VALUES (?, ?)');
  const nextPing = prepareCounter(database, 'ping');
  // NOTE: random bytes, because zeros take no space on file systems that compress.
  const fill = database.prepare('REPLACE INTO probe VALUES (1, randomblob(?))');
  const kept = (result: Applied['result']): Applied => ({ isKept: true, result });

  return (request) => {
    switch (request.verb) {
      case 'commit':
        return applyChange(request.change, request.nowMs);
      case 'lease-work':
        return kept(work.lease(request));
      case 'finish-work':
        return kept(work.finish(request.work, request.next, request.nowMs));
      case 'forget-idempotency-records':
        return kept(idempotencyRecords.forget(request.nowMs, request.limit));
      case 'forget-events':
        return kept(history.forgetEvents(request.nowMs, request.retentionMs, request.limit));
      case 'forget-audit':
        return kept(history.forgetAudit(request.nowMs, request.retentionMs, request.limit));
      case 'keep-installation':
        keepInstallation.run(request.name, request.value);
        return kept(undefined);
      case 'probe':
        if (request.bytes > 0) fill.run(request.bytes);
        else nextPing();
        return kept(undefined);
    }
  };
}
