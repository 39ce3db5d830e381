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
}

export const PAGE_POLICY: RetryPolicy = {
  attempts: 5,
  firstDelayMs: 1_000,
  longestDelayMs: 30_000,
  attemptTimeoutMs: 30_000,
  deadlineMs: 120_000,
  patienceMs: 60_000,
};

/** The page's policy with `changes`, checked and frozen. Throws a RangeError that names the first option that makes no sense. */
export function createPolicy(changes: Partial<RetryPolicy> = {}): RetryPolicy {
  const policy = { ...PAGE_POLICY, ...changes };
  for (const [name, value] of Object.entries(policy)) {
    if (!(name in PAGE_POLICY)) throw new RangeError(`The policy has no option "${name}"`);
    const isCount = name === 'attempts';
    if (typeof value !== 'number' || !(value >= (isCount ? 1 : 0)) || (isCount && !Number.isInteger(value)))
      throw new RangeError(`The policy's ${name} is ${value}; give ${isCount ? 'a whole number from 1' : 'milliseconds from 0'}`);
  }
  return Object.freeze(policy);
}
