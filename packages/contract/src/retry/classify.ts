/** What one attempt came to, in the words of the status table plus four ways to get no usable answer. */
export type Outcome =
  | 'succeeded'
  | 'invalid-request'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'already-exists'
  | 'precondition-failed'
  | 'rate-limited'
  | 'internal'
  | 'unavailable'
  /** An answer that is none: a redirect, an unreadable or an oversized body. */
  | 'unreadable'
  /** Certain that nothing was sent: connection refused, name not found. */
  | 'unreachable'
  /** Certain as well, and another attempt would end alike: a name that does not exist, a certificate that is not trusted. */
  | 'cannot-connect'
  /** The request may have arrived; the answer did not. */
  | 'no-answer';

const BY_STATUS: Readonly<Record<number, Outcome>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  408: 'unavailable',
  409: 'already-exists',
  412: 'precondition-failed',
  429: 'rate-limited',
  501: 'invalid-request',
  503: 'unavailable',
  505: 'invalid-request',
};

/** The outcome that a status stands for. An unknown status counts as the x00 of its class (RFC 9110 §15). */
export function classify(status: number): Outcome {
  const known = BY_STATUS[status];
  if (known) return known;
  if (status >= 200 && status < 300) return 'succeeded';
  if (status >= 500) return 'internal';
  return status >= 400 ? 'invalid-request' : 'unreadable';
}
