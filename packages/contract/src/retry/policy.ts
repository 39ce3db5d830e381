/**
 * How a call waits and repeats, as data. The defaults are the page's: "exponential backoff with jitter,
 * starting at 1 second and capping at 30 seconds, up to 5 attempts". Times in milliseconds.
 */
export interface RetryPolicy {
  /** How often a request is sent at most, the first time included. */
  readonly attempts: number;
  /** The first backoff is drawn from 0 to this; each later range is twice as long. */
  readonly firstDelayMs: number;
  /** The longest backoff. A `Retry-After` may be longer. */
  readonly longestDelayMs: number;
  /** The longest that one request may take, its answer included. */
  readonly attemptTimeoutMs: number;
  /** The longest that a whole method may take, waits included. */
  readonly deadlineMs: number;
  /** The longest `Retry-After` that is waited for; a longer one ends the call at once. */
  readonly maxRetryAfterMs: number;
  /** What a call does while its circuit breaker is open: `wait` until the breaker closes, within the deadline, or `fail-fast`. */
  readonly onOpenCircuit: 'wait' | 'fail-fast';
}

/** The policy of the errors page: what a client does that is given no other. */
export const PAGE_POLICY: RetryPolicy = {
  attempts: 5,
  firstDelayMs: 1_000,
  longestDelayMs: 30_000,
  attemptTimeoutMs: 30_000,
  deadlineMs: 120_000,
  maxRetryAfterMs: 60_000,
  onOpenCircuit: 'wait',
};
