import type { DatabaseSync } from 'node:sqlite';
import type { Change, CommitOutcome } from '../store.ts';
import type { Applied } from '../write-request.ts';
import { prepareCounter } from './counter.ts';
import type { History } from './history.ts';
import type { IdempotencyWrites } from './idempotency-records.ts';
import { prepareAppend } from './ledger.ts';
import type { Work } from './work.ts';
import { prepareWrites } from './write.ts';

function refuse(result: CommitOutcome): Applied {
  return { isKept: false, result };
}

/**
 * Prepares the application of one change, to be run inside a transaction that undoes it when it is refused. The revision is counted up
 * there too, so a refused change leaves no gap and a crash gives no number out twice. `nowMs`: when the work that it wakes is due.
 */
export function prepareCommit(
  database: DatabaseSync,
  parts: { readonly work: Work; readonly idempotencyRecords: IdempotencyWrites; readonly history: History },
): (change: Change, nowMs: number) => Applied {
  const { work, idempotencyRecords, history } = parts;
  const append = prepareAppend(database);
  const nextRevision = prepareCounter(database, 'revision');
  const applyWrite = prepareWrites(database, work);

  return (change, nowMs) => {
    const { at, writes, idempotency } = change;
    const record = idempotency && idempotencyRecords.find(idempotency.scope, idempotency.nowMs);
    if (record) return refuse({ outcome: 'repeated', record });

    const revision = nextRevision();
    for (const [index, write] of writes.entries()) {
      const refused = applyWrite(write, revision, at);
      if (refused) return refuse({ outcome: refused, index });
    }
    for (const [index, entry] of (change.ledger ?? []).entries()) {
      if (append(entry) === 'stale') return refuse({ outcome: 'stale', index: writes.length + index });
    }
    if (change.audit) history.audit(change.audit, revision, at);
    for (const event of change.events ?? []) history.event(event, revision, at);
    for (const key of change.wake ?? []) work.wake(key, nowMs);

    const roomAt = idempotency && idempotencyRecords.keep(idempotency, revision);
    if (roomAt !== undefined) return refuse({ outcome: 'over-quota', roomAt });
    return { isKept: true, result: { outcome: 'written', revision } };
  };
}
