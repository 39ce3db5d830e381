import type { Executed } from '../http/retry-advice.ts';
import type { RetryAdvice } from '../status-table.ts';
import type { Outcome } from './classify.ts';
import { backoffMs, obeyedMs } from './delay.ts';
import type { RetryPolicy } from './policy.ts';
import { mayRepeat, type RequestFacts } from './repeatable.ts';

/** Everything that a decision after a failed attempt depends on. */
export interface RetryQuestion extends RequestFacts {
  readonly outcome: Exclude<Outcome, 'succeeded'>;
  /** Attempts that count so far, this one included. A 429 that is proof of progress for others does not count. */
  readonly attempts: number;
  readonly policy: RetryPolicy;
  /** The `Retry-After` of the answer, in milliseconds. */
  readonly serverWaitMs?: number | undefined;
  readonly advice?: RetryAdvice | undefined;
  readonly executed: Executed;
  /** Milliseconds until the call's deadline. */
  readonly leftMs: number;
  /** A number in [0, 1) for the jitter. */
  readonly chance: number;
}

/** Why a call went no further. */
export type StopReason =
  | 'not-retryable'
  | 'not-repeatable'
  | 'attempts-exhausted'
  | 'retry-after-too-long'
  | 'deadline'
  | 'credential-refused'
  | 'circuit-open'
  | 'conflicts-exhausted';

/** Why a call waits before it is sent again: what the server asked for, the page's 5 s after a 429 without it, or the backoff. */
export type WaitReason = 'retry-after' | 'retry-after-missing' | 'backoff';

/** To wait and repeat, or, without a wait, to stop. */
export type RetryDecision =
  | { readonly because: WaitReason; readonly waitMs: number }
  | { readonly because: StopReason; readonly waitMs?: undefined };

/** "sleep "${WAIT:-5}"": how long the page's script waits after a 429 that names no time. */
export const WAIT_WITHOUT_RETRY_AFTER_MS = 5_000;
/** A wait shorter than this bounds nothing: it neither replaces a backoff nor makes a 429 free. */
export const LEAST_WAIT_MS = 1_000;

/** Outcomes that leave open whether the request was executed: 500, 503 and no answer. */
export const SERVER_FAILURES: readonly Outcome[] = ['internal', 'unavailable', 'no-answer'];
/** Outcomes that another attempt may turn into a success: 429, 500, 503 and network trouble. */
const MAY_SUCCEED_LATER: readonly Outcome[] = [...SERVER_FAILURES, 'rate-limited', 'unreachable'];

/** A 409 is repeated only if the server says that the same key is still being worked on. */
function isRetryable({ outcome, advice }: RetryQuestion): boolean {
  if (advice === 'stop' || advice === 're-read') return false;
  return MAY_SUCCEED_LATER.includes(outcome) || (outcome === 'already-exists' && advice === 'wait');
}

/** Whether the same call may succeed later without a change by the caller. */
export function canSucceedLater({ because }: RetryDecision): boolean {
  return because !== 'not-retryable' && because !== 'not-repeatable';
}

/**
 * What to do after a failed attempt. Pure and total: no clock, no chance of its own, an answer for every question. The whole table is
 * printed to `decide.golden.txt`, so a change of policy is a diff of that file. Serves the Retry column of the errors page.
 */
export function decide(question: RetryQuestion): RetryDecision {
  const { outcome, policy, serverWaitMs, leftMs, chance, attempts } = question;
  if (!isRetryable(question)) return { because: 'not-retryable' };
  if (!mayRepeat(question, outcome, question.executed)) return { because: 'not-repeatable' };
  if (attempts >= policy.attempts || policy.attempts === 1) return { because: 'attempts-exhausted' };

  const isLimited = outcome === 'rate-limited';
  const askedMs = serverWaitMs ?? (isLimited ? WAIT_WITHOUT_RETRY_AFTER_MS : undefined);
  if (askedMs !== undefined && (askedMs > policy.maxRetryAfterMs || askedMs >= leftMs)) return { because: 'retry-after-too-long' };
  const ownMs = backoffMs(attempts, policy, chance);
  // NOTE: less than a second after a 5xx is a default of some proxy, not a plan; the page starts at one second.
  if (askedMs !== undefined && (isLimited || askedMs >= LEAST_WAIT_MS || askedMs > ownMs))
    return { waitMs: obeyedMs(askedMs, chance, leftMs), because: serverWaitMs === undefined ? 'retry-after-missing' : 'retry-after' };
  return ownMs >= leftMs ? { because: 'deadline' } : { waitMs: ownMs, because: 'backoff' };
}
