import type { IdempotencyRecord, NewIdempotencyRecord } from '../store.ts';
import type { GroupRows, RecordRow } from './group-rows.ts';
import { change, type Runner, run, type Statement } from './statement.ts';

/** What a row takes beside its text: keys, numbers, and its entries in three indexes. */
const ROW_OVERHEAD_BYTES = 300;
/** Records that make room for one new one, at most, so that no commit waits for a large clean-up. */
const REPLACED_AT_ONCE = 100;

const FIND: Statement = {
  name: 'record-find',
  text: `SELECT scope, fingerprint, status, sealed, expires_at AS "expiresAt", revision
    FROM idempotency_record WHERE scope = $1 AND expires_at > $2`,
};
const BYTES: Statement = {
  name: 'record-bytes',
  text: 'SELECT coalesce(sum(bytes), 0)::bigint AS bytes FROM idempotency_usage WHERE tenant = $1 OR $1 IS NULL',
};
const OLDEST: Statement = {
  name: 'record-oldest',
  text: `SELECT scope, fingerprint, status, sealed, expires_at AS "expiresAt", revision, tenant, bytes
    FROM idempotency_record WHERE tenant = $1 ORDER BY expires_at LIMIT $2`,
};
const FORGET: Statement = {
  name: 'record-forget',
  text: `WITH gone AS (
      DELETE FROM idempotency_record
      WHERE scope IN (SELECT scope FROM idempotency_record WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)
      RETURNING scope, tenant, bytes
    ), counted AS (
      UPDATE idempotency_usage AS usage SET bytes = usage.bytes - of.bytes
      FROM (SELECT tenant, sum(bytes)::bigint AS bytes FROM gone GROUP BY tenant) AS of WHERE usage.tenant = of.tenant
    )
    SELECT scope, tenant, bytes FROM gone`,
};
const FORGET_USAGE: Statement = { name: 'record-forget-usage', text: 'DELETE FROM idempotency_usage WHERE bytes = 0' };

const bytesOf = ({ sealed }: { readonly sealed: string }) => sealed.length + ROW_OVERHEAD_BYTES;

/** The record under a scope, unless it has expired by `nowMs`. */
export function findRecord({ records }: GroupRows, { scope, nowMs }: NewIdempotencyRecord): IdempotencyRecord | undefined {
  const row = records.get(scope);
  if (!row || row.expiresAt <= nowMs) return undefined;
  const { tenant: _tenant, bytes: _bytes, ...record } = row;
  return record;
}

/** Whether the quota of the tenant has no room for the record, so that {@link loadOldest} has to be called before it is kept. */
export function needsRoom({ usage }: GroupRows, record: NewIdempotencyRecord): boolean {
  return usage.get(record.tenant) + bytesOf(record) > record.quotaBytes;
}

/** The tenant's oldest records. What the group has changed before has to be written, because the database is asked. */
export function loadOldest(on: Runner, tenant: string): Promise<RecordRow[]> {
  return run<RecordRow & Record<string, unknown>>(on, OLDEST, tenant, REPLACED_AT_ONCE);
}

function remove({ records, usage }: GroupRows, { scope, tenant, bytes }: RecordRow): void {
  records.put(scope, undefined);
  usage.add(tenant, -bytes);
}

/** Removes the oldest records until `needed` bytes are free; when one of those is too young to go, none, and the result is its expiry. */
function makeRoom(rows: GroupRows, oldest: readonly RecordRow[], needed: number, replaceableUntil: number): number | undefined {
  if (needed <= 0) return undefined;
  let free = 0;
  const going = oldest.filter(({ bytes }) => {
    const isNeeded = free < needed;
    if (isNeeded) free += bytes;
    return isNeeded;
  });
  const youngest = going.at(-1)?.expiresAt ?? replaceableUntil;
  if (free < needed || youngest > replaceableUntil) return Math.max(youngest, replaceableUntil);
  for (const row of going) {
    rows.records.load(row.scope, row);
    remove(rows, row);
  }
  return undefined;
}

/**
 * Replaces an expired record under the same scope. Where the quota of the tenant is full, its `oldest` records that may be replaced go; when that
 * is not enough the result is the time (epoch milliseconds) from which on the next one may.
 */
export function keepRecord(
  rows: GroupRows,
  record: NewIdempotencyRecord,
  revision: number,
  oldest: readonly RecordRow[],
): number | undefined {
  const { scope, fingerprint, status, sealed, expiresAt, tenant, quotaBytes, replaceableMs, nowMs } = record;
  const expired = rows.records.get(scope);
  if (expired) remove(rows, expired);
  const bytes = bytesOf(record);
  const others = oldest.filter((row) => row.scope !== scope);
  const blockedBy = makeRoom(rows, others, rows.usage.get(tenant) + bytes - quotaBytes, nowMs + replaceableMs);
  if (blockedBy !== undefined) return blockedBy - replaceableMs;
  rows.records.put(scope, { scope, fingerprint, status, sealed, expiresAt, revision, tenant, bytes });
  rows.usage.add(tenant, bytes);
  return undefined;
}

/**
 * Deletes at most `limit` expired records, inside the caller's transaction, and returns how many. The rows in memory learn of it: a change of the
 * same group may come under the same scope. What the group has changed before has to be written.
 */
export async function forgetRecords(on: Runner, rows: GroupRows, nowMs: number, limit: number): Promise<number> {
  const gone = await run<Pick<RecordRow, 'scope' | 'tenant' | 'bytes'>>(on, FORGET, Math.floor(nowMs), limit);
  for (const { scope, tenant, bytes } of gone) {
    rows.records.load(scope);
    rows.usage.load(tenant, rows.usage.get(tenant) - bytes);
  }
  if (gone.length > 0) await change(on, FORGET_USAGE);
  return gone.length;
}

/** Reads one record, unless it has expired. */
export async function readRecord(on: Runner, scope: string, nowMs: number): Promise<IdempotencyRecord | undefined> {
  const [row] = await run<IdempotencyRecord & Record<string, unknown>>(on, FIND, scope, Math.floor(nowMs));
  return row;
}

/** Bytes of the records of one tenant, or of all. */
export async function readRecordBytes(on: Runner, tenant?: string): Promise<number> {
  const [row] = await run<{ bytes: number }>(on, BYTES, tenant ?? null);
  return row?.bytes ?? 0;
}
