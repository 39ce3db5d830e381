import type { DatabaseSync } from 'node:sqlite';
import type { KeptAnswer } from '../store.ts';

/** Kept answers; one that expires at a moment is gone from that moment on. */
export interface KeptAnswers {
  find(scope: string, nowMs: number): KeptAnswer | undefined;
  /** Replaces an expired answer under the same scope. */
  keep(answer: KeptAnswer): void;
  /** Deletes at most `limit` expired answers and returns how many. */
  forget(nowMs: number, limit: number): number;
}

export function prepareKeptAnswers(database: DatabaseSync): KeptAnswers {
  const find = database.prepare(
    'SELECT scope, fingerprint, status, sealed, expires_at AS expiresAt FROM kept_answer WHERE scope = ? AND expires_at > ?',
  );
  const keep = database.prepare('REPLACE INTO kept_answer VALUES (?, ?, ?, ?, ?)');
  const forget = database.prepare(
    'DELETE FROM kept_answer WHERE scope IN (SELECT scope FROM kept_answer WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)',
  );
  return {
    find(scope, nowMs) {
      const row = find.get(scope, nowMs);
      return row && ({ ...row } as unknown as KeptAnswer);
    },
    keep(answer) {
      keep.run(answer.scope, answer.fingerprint, answer.status, answer.sealed, answer.expiresAt);
    },
    forget: (nowMs, limit) => Number(forget.run(nowMs, limit).changes),
  };
}
