/**
 * How a call behaves when an answer is late or unwelcome, as data. The defaults are the page's: "exponential backoff with jitter,
 * starting at 1 second and capping at 30 seconds, up to 5 attempts". Times in milliseconds.
 */
export interface RetryPolicy {
  /** How often a request is sent at most, the first time included. */
  readonly attempts: number;
  /** The first backoff is drawn from 0 to this; each later range is twice as long. */
  readonly firstDelayMs: number;
  /** No backoff of our own is longer. A `Retry-After` may be: the server knows, we guess. */
  readonly longestDelayMs: number;
  /** One attempt may take this long. */
  readonly attemptTimeoutMs: number;
  /** A whole call may take this long, waits included. */
  readonly deadlineMs: number;
  /** The longest `Retry-After` that is waited for; a longer one ends the call at once. */
  readonly patienceMs: number;
  /** What a call does while its circuit breaker is open: `wait` until the breaker closes, within the deadline, or `fail-fast`. */
  readonly onOpenCircuit: 'wait' | 'fail-fast';
}

export const PAGE_POLICY: RetryPolicy = {
  attempts: 5,
  firstDelayMs: 1_000,
  longestDelayMs: 30_000,
  attemptTimeoutMs: 30_000,
  deadlineMs: 120_000,
  patienceMs: 60_000,
  onOpenCircuit: 'wait',
};
