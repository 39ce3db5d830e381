import { StoreUnavailableError } from '../store.ts';

/** An error as it crosses from one thread to another. Structured clone keeps the classes of JavaScript, and drops fields and our classes. */
export interface ThreadError {
  readonly error: Error;
  /** Fields such as SQLite's `errcode`. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly isUnavailable: boolean;
  readonly cause: ThreadError | undefined;
}

/** Takes an error apart, to be posted. */
export function encodeError(thrown: unknown): ThreadError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { cause } = error;
  const isUnavailable = error instanceof StoreUnavailableError;
  return { error, fields: { ...error }, isUnavailable, cause: cause === undefined ? undefined : encodeError(cause) };
}

/** Puts together what {@link encodeError} took apart: class, message, stack, fields and cause. */
export function decodeError({ error, fields, isUnavailable, cause }: ThreadError): Error {
  const { stack = '' } = error;
  const whole = isUnavailable ? new StoreUnavailableError(error.message) : error;
  return Object.assign(whole, fields, { stack }, cause ? { cause: decodeError(cause) } : {});
}
