import { type StoreFailure, StoreUnavailableError } from '../store.ts';

/**
 * Primary result codes that say the store failed, not the statement: PERM, BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT,
 * FULL, CANTOPEN, PROTOCOL, NOLFS, AUTH and NOTADB (https://www.sqlite.org/rescode.html). Everything else is a defect of ours.
 */
const FAILURES: ReadonlySet<number> = new Set([3, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 22, 23, 26]);

/** SQLITE_BUSY: another connection holds a lock. */
export const BUSY = 5;
/** SQLITE_CORRUPT: the database file is damaged. */
export const CORRUPT = 11;
/** SQLITE_FULL: the disk is full. */
export const FULL = 13;
/** SQLITE_CANTOPEN: a file cannot be opened. */
export const CANNOT_OPEN = 14;
/** SQLITE_NOTADB: the file is no database. */
export const NOT_A_DATABASE = 26;

/** The primary result code of an error that SQLite raised; extended codes carry it in their low byte. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}

/** Whether the store itself failed, e.g. because the disk is full. */
export function isStoreFailure(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && FAILURES.has(code);
}

function failureOf(error: unknown): StoreFailure {
  const code = sqliteCode(error);
  if (code === FULL) return 'full';
  return code === CORRUPT || code === NOT_A_DATABASE ? 'damaged' : 'other';
}

/** What a caller of a failed store gets. The cause is for the operator's log; the sentence names no file. */
export function unavailable(cause: unknown): StoreUnavailableError {
  if (cause instanceof StoreUnavailableError) return cause;
  const failure = failureOf(cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StoreUnavailableError(`The store did not answer (${reason}); nothing was changed, retry when its disk has space and answers`, {
    failure,
    cause,
  });
}

/** What a caller gets when the disk has less free space than a change may need. */
export function full(): StoreUnavailableError {
  return new StoreUnavailableError('The disk of the store is full; nothing was changed, make room and retry', { failure: 'full' });
}
