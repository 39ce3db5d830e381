import type { RetryAdvice } from '@openkupe/contract/status-table';
import type { Executed } from './advice.ts';
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
  readonly serverWaitMs?: number;
  readonly advice?: RetryAdvice;
  readonly executed: Executed;
  /** Milliseconds until the call's deadline. */
  readonly leftMs: number;
  /** Milliseconds until the client's retry budget covers one more; a 429 needs none. */
  readonly budgetWaitMs: number;
  /** A number in [0, 1) for the jitter. */
  readonly chance: number;
}

/** Why a call went no further. */
export type StopReason =
  | 'not-retryable'
  | 'not-repeatable'
  | 'attempts-exhausted'
  | 'wait-longer-than-patience'
  | 'deadline'
  | 'budget-empty'
  | 'credential-fuse'
  | 'outage'
  | 'conflicts-exhausted';

export type WaitReason = 'retry-after' | 'retry-after-missing' | 'backoff' | 'budget';

export type Verdict =
  | { readonly kind: 'wait'; readonly waitMs: number; readonly because: WaitReason }
  | { readonly kind: 'stop'; readonly reason: StopReason };

/** "sleep "${WAIT:-5}"": how long the page's script waits after a 429 that names no time. */
export const WAIT_WITHOUT_RETRY_AFTER_MS = 5_000;

const stop = (reason: StopReason): Verdict => ({ kind: 'stop', reason });

/** 429, 500, 503 and network trouble are repeated; a 409 only if the server says that the same key is still being worked on. */
function isRetryable({ outcome, advice }: RetryQuestion): boolean {
  if (advice === 'stop' || advice === 're-read') return false;
  if (outcome === 'already-exists') return advice === 'wait';
  return (
    outcome === 'rate-limited' ||
    outcome === 'internal' ||
    outcome === 'unavailable' ||
    outcome === 'unreachable' ||
    outcome === 'no-answer'
  );
}

/**
 * What to do after a failed attempt. Pure and total: no clock, no chance of its own, an answer for every question. The whole table is
 * printed to `decide.golden.txt`, so a change of policy is a diff of that file. Serves the Retry column of the errors page.
 */
export function decide(question: RetryQuestion): Verdict {
  const { outcome, policy, serverWaitMs, leftMs, chance } = question;
  if (!isRetryable(question)) return stop('not-retryable');
  if (!mayRepeat(question, outcome, question.executed)) return stop('not-repeatable');
  if (question.attempts >= policy.attempts || policy.attempts === 1) return stop('attempts-exhausted');

  if (serverWaitMs === undefined && outcome !== 'rate-limited') {
    const waitMs = Math.max(backoffMs(question.attempts, policy, chance), question.budgetWaitMs);
    if (waitMs <= leftMs) return { kind: 'wait', waitMs, because: waitMs === question.budgetWaitMs && waitMs > 0 ? 'budget' : 'backoff' };
    return stop(question.budgetWaitMs > leftMs ? 'budget-empty' : 'deadline');
  }
  const askedMs = serverWaitMs ?? WAIT_WITHOUT_RETRY_AFTER_MS;
  if (askedMs > policy.patienceMs || askedMs > leftMs) return stop('wait-longer-than-patience');
  const budgetWaitMs = outcome === 'rate-limited' ? 0 : question.budgetWaitMs;
  if (budgetWaitMs > leftMs) return stop('budget-empty');
  const waitMs = Math.min(leftMs, Math.max(budgetWaitMs, obeyedMs(askedMs, chance)));
  return { kind: 'wait', waitMs, because: serverWaitMs === undefined ? 'retry-after-missing' : 'retry-after' };
}
