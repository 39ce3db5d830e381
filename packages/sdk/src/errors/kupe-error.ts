import type { AuditRecord } from '@openkupe/contract/resources/audit';
import type { StopReason } from '@openkupe/contract/retry/decide';
import type { AttemptRecord } from '../retry/attempt-record.ts';
import type { AppliedState } from '../retry/failure.ts';

/** The facts of a {@link KupeError}; an absent one takes the value that says least. */
export interface ErrorDetails {
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly attempts?: readonly AttemptRecord[] | undefined;
  readonly stopReason?: StopReason | undefined;
  readonly retryable?: boolean | undefined;
  readonly retryAt?: Date | undefined;
  readonly outcome?: AppliedState | undefined;
  readonly cause?: unknown;
  /** On a 412: the resource as it is now, if the answer carried it. */
  readonly current?: { readonly value: object; readonly etag: string } | undefined;
  readonly conflict?: ConflictReport | undefined;
  readonly errors?: readonly FieldError[] | undefined;
  readonly changes?: readonly MissedChange[] | undefined;
}

/** What is wrong with one field of a body, as a server says it that knows RFC 9457. */
export interface FieldError {
  /** One clause for a person. */
  readonly detail: string;
  /** The field, as a JSON Pointer in a URI fragment, such as `#/resources/cpu`. */
  readonly pointer: string;
}

/** A change that came between a read and a write: who made it, and which fields it moved. */
export type MissedChange = Pick<AuditRecord, 'at' | 'actor' | 'action' | 'target' | 'requestId' | 'fields'>;

/** Why an update kept losing, field by field: the value it started from, the value it wanted, and the value at its last read. */
export interface ConflictReport {
  readonly rounds: number;
  readonly fields: readonly { readonly field: string; readonly base: unknown; readonly wanted: unknown; readonly current: unknown }[];
}

/** Registered, so that two copies of this package recognise each other's errors. */
const BRAND: unique symbol = Symbol.for('@openkupe/sdk:error') as never;

/**
 * What every call of this package throws, except when its signal aborts: then the signal's own reason is thrown. `message` is the
 * server's sentence. `instanceof` works across two copies of the package.
 */
export class KupeError extends Error {
  static readonly errorName: string = 'KupeError';
  readonly [BRAND]: string;
  /** The HTTP status, absent when there was no answer. */
  readonly status: number | undefined;
  /** The server's id of the last request, to quote to its operator. */
  readonly requestId: string | undefined;
  /** One record for each request that was sent, in order. */
  readonly attempts: readonly AttemptRecord[];
  /** Why it was not sent again. */
  readonly stopReason: StopReason;
  /** Whether the same call may succeed later without a change by the caller. */
  readonly retryable: boolean;
  /** The earliest moment that the server named for another try. */
  readonly retryAt: Date | undefined;
  /** Whether the change that was asked for has happened. */
  readonly outcome: AppliedState;
  /** On a 400: what is wrong, field by field, if the answer says so. */
  readonly errors: readonly FieldError[];
  /** On a 412: what was changed since the read that the write was based on, newest first, if the answer says so. */
  readonly changes: readonly MissedChange[];

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.errorName;
    this[BRAND] = new.target.errorName;
    this.status = details.status;
    this.requestId = details.requestId;
    this.attempts = details.attempts ?? [];
    this.stopReason = details.stopReason ?? 'not-retryable';
    this.retryable = details.retryable ?? false;
    this.retryAt = details.retryAt;
    this.outcome = details.outcome ?? 'not-applied';
    this.errors = details.errors ?? [];
    this.changes = details.changes ?? [];
  }
}

/** By brand, not by prototype: an error of another copy of this package counts. */
function isInstance(this: { readonly errorName: string }, value: unknown): boolean {
  const brand = (value as { [BRAND]?: string } | null | undefined)?.[BRAND];
  return brand !== undefined && (this.errorName === KupeError.errorName || brand === this.errorName);
}
Object.defineProperty(KupeError, Symbol.hasInstance, { value: isInstance });

/** Adds to an error what only its operation knows, before it is thrown to the caller. Returns the same error. */
export function amend<E extends KupeError>(error: E, facts: Pick<ErrorDetails, 'attempts' | 'outcome' | 'retryable' | 'cause'>): E {
  return Object.assign(error, facts);
}
