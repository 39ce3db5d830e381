import { DatabaseError } from 'pg';
import { type StoreFailure, StoreUnavailableError } from '../store.ts';
import { FormerPrimaryError, OtherDataError, StandbyError } from './primary.ts';

/**
 * SQLSTATE classes and codes that say the database failed, not the statement (https://www.postgresql.org/docs/current/errcodes-appendix.html):
 * connection, authorisation, missing database, transaction rollback, resources, limits of this session, operator intervention, system and
 * internal errors, and a server that only reads, which a standby says as "feature not supported". Everything else is a defect of ours.
 */
const FAILURES = /^(08|0A000|28|3D|40|53|55P03|57|58|F0|XX|2500[46]|25P0[34]|42501)/;
/** A transaction that can be run again as a whole: serialization_failure and deadlock_detected. */
const REPEATABLE: ReadonlySet<string | undefined> = new Set(['40001', '40P01']);
const DISK_FULL = '53100';
const CORRUPTED = /^XX00[12]$/;
/** A failure after which the same rows fail again, because of what one of them holds: the class of data exceptions. */
const DATA_EXCEPTION = /^22/;

/** What an error of PostgreSQL says of itself; `undefined` where it did not come from there, as with a connection that was lost. */
function codeOf(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined;
}

/** Whether the transaction may be run again: it was rolled back because of another one. */
export function isRepeatable(error: unknown): boolean {
  return REPEATABLE.has(codeOf(error));
}

/** Whether a value of one request cannot be stored. */
export function isDataException(error: unknown): boolean {
  return DATA_EXCEPTION.test(codeOf(error) ?? '');
}

/** Whether it is an error of the connection: `pg` and Node raise a plain `Error`, or several at once for a host with several addresses. */
function isOfConnection(error: unknown): error is Error {
  const kinds = [AggregateError, StandbyError, FormerPrimaryError, OtherDataError];
  return error instanceof Error && (error.constructor === Error || kinds.some((kind) => error instanceof kind));
}

/**
 * Errors after which the connection is of no use: PostgreSQL ended it, it refused to begin, or it is to a server that only reads. By code,
 * because the severity is a word in the language of the server.
 */
const ENDS_CONNECTION = /^(08|0A000|25006|25P0[34]|28|3D|53300|57P0)/;

/** Whether the connection is of no use any more: it was lost, timed out, or PostgreSQL ended it. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return isOfConnection(error);
  return ENDS_CONNECTION.test(error.code ?? '');
}

function failureOf(error: unknown): StoreFailure {
  const code = codeOf(error) ?? '';
  if (code === DISK_FULL) return 'full';
  return CORRUPTED.test(code) ? 'damaged' : 'other';
}

/**
 * What a caller of a failed store gets; any error that is a defect as it is. `executed`: whether the change may stand all the same. The sentence
 * may name host and user, never the password: it is for the log.
 */
export function unavailable(cause: unknown, executed: 'no' | 'unknown' = 'no'): unknown {
  if (cause instanceof StoreUnavailableError) return cause;
  const code = codeOf(cause);
  if (code === undefined ? !isOfConnection(cause) : !FAILURES.test(code)) return cause;
  const outcome = executed === 'no' ? 'nothing was changed' : 'whether the change was made is not known';
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StoreUnavailableError(`The database did not answer (${reason}); ${outcome}, retry when it is back`, {
    failure: failureOf(cause),
    executed,
    cause,
  });
}
