import type { Change, CommitOutcome } from '../store.ts';
import type { GroupRows, RecordRow } from './group-rows.ts';
import { addAudit, addEvent } from './history.ts';
import { findRecord, keepRecord } from './idempotency-records.ts';
import { append } from './ledger.ts';
import { wake } from './work.ts';
import { applyWrite } from './write.ts';

/**
 * Applies one change to the rows in memory; one that is refused leaves changes for the caller to undo. `nowMs`: when the work that it wakes is
 * due, by the store's clock. `oldest`: the records of the tenant that may make room, where its quota is full.
 */
export function applyChange(rows: GroupRows, change: Change, nowMs: number, oldest: readonly RecordRow[]): CommitOutcome {
  const { at, writes, idempotency } = change;
  const record = idempotency && findRecord(rows, idempotency);
  if (record) return { outcome: 'repeated', record };

  const revision = rows.next('revision');
  for (const [index, write] of writes.entries()) {
    const refused = applyWrite(rows, write, revision, at);
    if (refused) return { outcome: refused, index };
  }
  for (const [index, entry] of (change.ledger ?? []).entries()) {
    if (append(rows, entry) === 'stale') return { outcome: 'stale', index: writes.length + index };
  }
  if (change.audit) addAudit(rows, change.audit, revision, at);
  for (const event of change.events ?? []) addEvent(rows, event, revision, at);
  for (const key of change.wake ?? []) wake(rows, key, nowMs);

  const roomAt = idempotency && keepRecord(rows, idempotency, revision, oldest);
  return roomAt === undefined ? { outcome: 'written', revision } : { outcome: 'over-quota', roomAt };
}
