import type { Outcome } from '@openkupe/contract/retry/classify';
import { type ErrorDetails, KupeError } from './kupe-error.ts';

/** 400: fix the request. Also every other 4xx that is in no row of the page. */
export class InvalidRequestError extends KupeError {
  static override readonly errorName = 'InvalidRequestError';
}
/** 401: refresh credentials. */
export class UnauthenticatedError extends KupeError {
  static override readonly errorName = 'UnauthenticatedError';
}
/** 403: use a key with the right role. */
export class ForbiddenError extends KupeError {
  static override readonly errorName = 'ForbiddenError';
}
/** 404: fix the path or wait for async creation. */
export class NotFoundError extends KupeError {
  static override readonly errorName = 'NotFoundError';
}
/** 409: check the existing resource. */
export class AlreadyExistsError extends KupeError {
  static override readonly errorName = 'AlreadyExistsError';
}
/** 412: re-fetch and retry; `update` does. */
export class PreconditionFailedError extends KupeError {
  static override readonly errorName = 'PreconditionFailedError';
  /** The resource as it is now, if the answer carried it. */
  readonly current: ErrorDetails['current'];
  /** On the error of an update that lost every round: each field that was to change, in three versions. */
  readonly conflict: ErrorDetails['conflict'];

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details);
    this.current = details.current;
    this.conflict = details.conflict;
  }
}
/** 429: wait until `retryAt`. */
export class RateLimitedError extends KupeError {
  static override readonly errorName = 'RateLimitedError';
}
/** 500 (and 502, 504): the server's defect; it persisted through every attempt that was allowed. */
export class InternalError extends KupeError {
  static override readonly errorName = 'InternalError';
}
/** 503 (and 408): not available now, for example while a cluster is still becoming ready. */
export class UnavailableError extends KupeError {
  static override readonly errorName = 'UnavailableError';
}
/** No connection, or it ended before there was an answer; `outcome` says whether the change may have happened. */
export class ConnectionError extends KupeError {
  static override readonly errorName = 'ConnectionError';
}
/** An attempt, a call or a wait took longer than it was allowed to. */
export class TimeoutError extends KupeError {
  static override readonly errorName = 'TimeoutError';
}
/** There was an answer, and it is not one that this API gives: a redirect, a body that is no JSON, or one that is too long. */
export class DecodeError extends KupeError {
  static override readonly errorName = 'DecodeError';
}

/** A class of this file. */
export type ErrorClass = new (message: string, details?: ErrorDetails) => KupeError;

/** The class for each outcome of an attempt. */
export const ERROR_CLASSES: Readonly<Record<Exclude<Outcome, 'succeeded'>, ErrorClass>> = {
  'invalid-request': InvalidRequestError,
  unauthenticated: UnauthenticatedError,
  forbidden: ForbiddenError,
  'not-found': NotFoundError,
  'already-exists': AlreadyExistsError,
  'precondition-failed': PreconditionFailedError,
  'rate-limited': RateLimitedError,
  internal: InternalError,
  unavailable: UnavailableError,
  unreadable: DecodeError,
  unreachable: ConnectionError,
  'cannot-connect': ConnectionError,
  'no-answer': ConnectionError,
};
