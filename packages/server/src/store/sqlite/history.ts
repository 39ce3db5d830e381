import type { DatabaseSync } from 'node:sqlite';
import { keyColumns } from '../resource-row.ts';
import type { AuditEntry, EventEntry } from '../store.ts';

/** Writes what happened, inside the caller's transaction. */
export interface History {
  audit(entry: AuditEntry, revision: number, at: number): void;
  event(entry: EventEntry, revision: number, at: number): void;
  /** {@link Store.forgetEvents}. */
  forgetEvents(nowMs: number, retentionMs: number, limit: number): number;
  /** {@link Store.forgetAudit}. */
  forgetAudit(nowMs: number, retentionMs: number, limit: number): number;
}

/** Old events are cut once per this many new ones. */
const CUT_EVERY = 1_000;

/** Keeps at least the newest `keptEvents` events, and at most {@link CUT_EVERY} and one commit more. Commits are cut whole. */
export function prepareHistory(database: DatabaseSync, keptEvents: number): History {
  const audit = database.prepare(`
    INSERT INTO audit (revision, tenant, at, actor, action, target, request_id, tenant_uid, target_uid, address, fields)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  // Rows are dated by the wall clock, which may have been behind, and numbered in the order in which they were written: what comes after a young row is young.
  // NOTE: NOT INDEXED, so that the search begins at the oldest number and ends at the first young row, which is among the first after a clean-up.
  const firstYoung = database.prepare('SELECT revision FROM audit NOT INDEXED WHERE at BETWEEN ? AND ? ORDER BY revision LIMIT 1');
  const forget = database.prepare(
    'DELETE FROM audit WHERE revision IN (SELECT revision FROM audit WHERE at < ? AND revision < ? ORDER BY at LIMIT ?)',
  );
  const append = database.prepare('INSERT INTO event VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)');
  const cut = database.prepare('DELETE FROM event WHERE revision < (SELECT revision FROM event WHERE id = ?)');

  // NOTE: from the oldest on, which ends at the first young one: those before it are deleted, so there are few.
  const firstYoungEvent = database.prepare(
    'SELECT revision FROM event INDEXED BY event_by_revision WHERE at >= ? ORDER BY revision LIMIT 1',
  );
  const forgetEvents = database.prepare(`
    DELETE FROM event WHERE revision < coalesce(?, (SELECT max(revision) FROM event))
      AND revision <= coalesce((SELECT revision FROM event ORDER BY revision LIMIT 1 OFFSET ?), ${Number.MAX_SAFE_INTEGER})`);

  return {
    forgetEvents(nowMs, retentionMs, limit) {
      const young = firstYoungEvent.get(nowMs - retentionMs) as { revision: number } | undefined;
      return Number(forgetEvents.run(young?.revision ?? null, limit - 1).changes);
    },
    forgetAudit(nowMs, retentionMs, limit) {
      const beforeMs = nowMs - retentionMs;
      const young = firstYoung.get(beforeMs, nowMs) as { revision: number } | undefined;
      return Number(forget.run(beforeMs, young?.revision ?? Number.MAX_SAFE_INTEGER, limit).changes);
    },
    audit(entry, revision, at) {
      const { tenant, actor, action, target, requestId, tenantUid, targetUid, address, fields } = entry;
      audit.run(revision, tenant, at, actor, action, target, requestId, tenantUid, targetUid, address, JSON.stringify(fields));
    },
    event(entry, revision, at) {
      const { lastInsertRowid } = append.run(revision, at, ...keyColumns(entry.key), entry.type, entry.message);
      const id = Number(lastInsertRowid);
      if (id % CUT_EVERY === 0) cut.run(id - keptEvents + 1);
    },
  };
}
