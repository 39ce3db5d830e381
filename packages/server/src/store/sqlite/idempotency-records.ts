import type { DatabaseSync } from 'node:sqlite';
import type { IdempotencyRecord, NewIdempotencyRecord } from '../store.ts';

/** Reads of idempotency records; one that expires at a moment is gone from that moment on. */
export interface IdempotencyReads {
  find(scope: string, nowMs: number): IdempotencyRecord | undefined;
  /** Bytes of the answers of one tenant, or of all. */
  bytes(tenant: string | undefined): number;
}

/** Writes of idempotency records, inside the caller's transaction. */
export interface IdempotencyWrites extends IdempotencyReads {
  /**
   * Replaces an expired record under the same scope. Where the quota of the tenant is full, its oldest records that may be replaced go;
   * when that is not enough the result is the time (epoch milliseconds) from which on the next one may.
   */
  keep(record: NewIdempotencyRecord, revision: number): number | undefined;
  /** Deletes at most `limit` expired answers and returns how many. */
  forget(nowMs: number, limit: number): number;
}

/** What a row takes beside its text: keys, numbers, and its entries in three indexes. */
const ROW_OVERHEAD_BYTES = 300;
/** Answers that make room for one new one, at most, so that no commit waits for a large clean-up. */
const REPLACED_AT_ONCE = 100;

/** Prepares the reads. */
export function prepareIdempotencyReads(database: DatabaseSync): IdempotencyReads {
  const find = database.prepare(
    'SELECT scope, fingerprint, status, sealed, expires_at AS expiresAt, revision FROM kept_answer WHERE scope = ? AND expires_at > ?',
  );
  const usageOfOne = database.prepare('SELECT COALESCE(SUM(bytes), 0) AS bytes FROM kept_answer_usage WHERE tenant = ?');
  const usageOfAll = database.prepare('SELECT COALESCE(SUM(bytes), 0) AS bytes FROM kept_answer_usage');
  return {
    find(scope, nowMs) {
      const row = find.get(scope, nowMs);
      return row && ({ ...row } as unknown as IdempotencyRecord);
    },
    bytes: (tenant) => Number((tenant === undefined ? usageOfAll.get() : usageOfOne.get(tenant))?.bytes),
  };
}

/** Prepares reads and writes. */
export function prepareIdempotencyWrites(database: DatabaseSync): IdempotencyWrites {
  const reads = prepareIdempotencyReads(database);
  // NOTE: REPLACE would not run the trigger that counts the old row off.
  const remove = database.prepare('DELETE FROM kept_answer WHERE scope = ?');
  const insert = database.prepare('INSERT INTO kept_answer VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const forget = database.prepare(
    'DELETE FROM kept_answer WHERE scope IN (SELECT scope FROM kept_answer WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)',
  );
  const oldest = database.prepare(
    'SELECT scope, bytes, expires_at AS expiresAt FROM kept_answer WHERE tenant = ? ORDER BY expires_at LIMIT ?',
  );

  /** Removes the oldest answers until `needed` bytes are free; when one of those is too young to go, none, and the result is its expiry. */
  function makeRoom(tenant: string, needed: number, replaceableUntil: number): number | undefined {
    if (needed <= 0) return undefined;
    const candidates = oldest.all(tenant, REPLACED_AT_ONCE) as { scope: string; bytes: number; expiresAt: number }[];
    let free = 0;
    const going = candidates.filter(({ bytes }) => {
      const isNeeded = free < needed;
      if (isNeeded) free += bytes;
      return isNeeded;
    });
    const youngest = going.at(-1)?.expiresAt ?? replaceableUntil;
    if (free < needed || youngest > replaceableUntil) return Math.max(youngest, replaceableUntil);
    for (const { scope } of going) remove.run(scope);
    return undefined;
  }

  return {
    ...reads,
    keep({ scope, fingerprint, status, sealed, expiresAt, tenant, quotaBytes, replaceableMs, nowMs }, revision) {
      remove.run(scope);
      const bytes = sealed.length + ROW_OVERHEAD_BYTES;
      const blockedBy = makeRoom(tenant, reads.bytes(tenant) + bytes - quotaBytes, nowMs + replaceableMs);
      if (blockedBy !== undefined) return blockedBy - replaceableMs;
      insert.run(scope, fingerprint, status, sealed, expiresAt, tenant, bytes, revision);
      return undefined;
    },
    forget: (nowMs, limit) => Number(forget.run(nowMs, limit).changes),
  };
}
