import type { AuditEntry, EventEntry } from '../store.ts';
import { storableText } from '../transfer/portable-store.ts';
import type { GroupRows } from './group-rows.ts';
import { change, type Runner, run, type Statement } from './statement.ts';

// Rows are dated by the wall clock, which may have been behind, and numbered in the order in which they were written: what comes after a young row is young.
const FIRST_YOUNG: Statement = {
  name: 'audit-first-young',
  text: 'SELECT min(revision) AS revision FROM audit WHERE at BETWEEN $1 AND $2',
};
const FORGET: Statement = {
  name: 'audit-forget',
  text: 'DELETE FROM audit WHERE revision IN (SELECT revision FROM audit WHERE at < $1 AND revision < $2 ORDER BY at LIMIT $3)',
};

// NOTE: from the oldest on, which ends at the first young one: those before it are deleted, so there are few.
const FIRST_YOUNG_EVENT: Statement = {
  name: 'event-first-young',
  text: 'SELECT revision FROM event WHERE at >= $1 ORDER BY revision, id LIMIT 1',
};
const FORGET_EVENTS: Statement = {
  name: 'event-forget',
  text: `DELETE FROM event WHERE revision < coalesce($1, (SELECT max(revision) FROM event))
    AND revision <= coalesce((SELECT revision FROM event ORDER BY revision, id LIMIT 1 OFFSET $2), ${Number.MAX_SAFE_INTEGER})`,
};

/** Adds an audit row in memory. */
export function addAudit({ audit }: GroupRows, entry: AuditEntry, revision: number, at: number): void {
  const { tenant, action, tenantUid: tenant_uid, targetUid: target_uid, address } = entry;
  const texts = { actor: storableText(entry.actor), target: storableText(entry.target), request_id: storableText(entry.requestId) };
  audit.add({ revision, tenant, at, action, ...texts, tenant_uid, target_uid, address, fields: JSON.stringify(entry.fields) });
}

/** Adds an event in memory. */
export function addEvent(rows: GroupRows, { key, type, message }: EventEntry, revision: number, at: number): void {
  const { kind, tenant, name } = key;
  rows.events.add({ id: rows.next('event'), revision, at, kind, tenant, name, type, message: storableText(message) });
}

/** {@link Store.forgetEvents}, inside the caller's transaction. */
export async function forgetEvents(on: Runner, nowMs: number, retentionMs: number, limit: number): Promise<number> {
  const [young] = await run<{ revision: number }>(on, FIRST_YOUNG_EVENT, Math.floor(nowMs - retentionMs));
  return change(on, FORGET_EVENTS, young?.revision ?? null, limit - 1);
}

/** {@link Store.forgetAudit}, inside the caller's transaction. */
export async function forgetAudit(on: Runner, nowMs: number, retentionMs: number, limit: number): Promise<number> {
  const beforeMs = nowMs - retentionMs;
  const [young] = await run<{ revision: number | null }>(on, FIRST_YOUNG, Math.floor(beforeMs), Math.floor(nowMs));
  return change(on, FORGET, Math.floor(beforeMs), young?.revision ?? Number.MAX_SAFE_INTEGER, limit);
}
