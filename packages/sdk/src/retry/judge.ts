import { parseRetryAfter } from '@openkupe/contract/http/retry-after';
import type { AppliedState, ErrorDetails } from '../errors/kupe-error.ts';
import type { AttemptResult } from '../transport/attempt.ts';
import { readAdvice } from './advice.ts';
import { decide, MAY_SUCCEED_LATER, type RetryQuestion, type Verdict, WAIT_WITHOUT_RETRY_AFTER_MS } from './decide.ts';
import { mayRepeat, type RequestFacts } from './repeatable.ts';

/** What a call has been through, for {@link judge}. */
export interface Circumstances extends Pick<RetryQuestion, 'policy' | 'leftMs' | 'budgetWaitMs' | 'chance'> {
  readonly facts: RequestFacts;
  /** Attempts that count before this one. */
  readonly countedAttempts: number;
  /** Something else was accepted while this attempt was under way: the limit lets us through, so a 429 is not a failure. */
  readonly isProgressing: boolean;
  /** An earlier attempt may have had an effect. */
  readonly mayHaveHappened: boolean;
  readonly hasExpired: boolean;
  /** Wall-clock time, for dates in headers. */
  readonly nowMs: number;
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly countedAttempts: number;
  readonly mayHaveHappened: boolean;
  /** How long everybody is to be quiet after a 429. */
  readonly quietMs: number;
  readonly serverWaitMs: number | undefined;
  /** The server keeps a slot free at the end of the wait. */
  readonly isReserved: boolean;
  readonly details: ErrorDetails;
}

/** What follows from a failed attempt: the verdict of the table, and what the error would say if it is the last. Pure. */
export function judge({ response, outcome }: AttemptResult, circumstances: Circumstances): Judgement {
  const { facts, nowMs } = circumstances;
  const header = (name: string) => response?.headers.get(name);
  const { advice, executed, isReserved } = readAdvice(header('retry-advice'));
  const serverWaitMs = parseRetryAfter(header('retry-after'), { nowMs, responseDate: header('date') ?? null });

  const isWrite = facts.method !== 'GET';
  const isLimited = outcome === 'rate-limited';
  const isLeftOpen = outcome === 'no-answer' || ((outcome === 'internal' || outcome === 'unavailable') && executed !== 'no');
  const mayHaveHappened = circumstances.mayHaveHappened || (isWrite && isLeftOpen);
  const isFree = isLimited && (executed === 'no' || circumstances.isProgressing);
  const countedAttempts = circumstances.countedAttempts + (isFree ? 0 : 1);
  const question = { ...facts, ...circumstances, outcome, executed, advice, serverWaitMs, attempts: countedAttempts } as RetryQuestion;
  const verdict: Verdict = circumstances.hasExpired ? { kind: 'stop', reason: 'deadline' } : decide(question);

  const wasApplied = isWrite && (executed === 'yes' || (outcome === 'unreadable' && (response?.status ?? 300) < 300));
  const applied: AppliedState = wasApplied ? 'applied' : mayHaveHappened ? 'unknown' : 'not-applied';
  const canSucceedLater = mayRepeat(facts, outcome, executed) && MAY_SUCCEED_LATER.includes(outcome) && advice !== 'stop';
  return {
    verdict,
    countedAttempts,
    mayHaveHappened,
    quietMs: verdict.kind === 'wait' ? verdict.waitMs : (serverWaitMs ?? WAIT_WITHOUT_RETRY_AFTER_MS),
    serverWaitMs,
    isReserved,
    details: {
      stopReason: verdict.kind === 'stop' ? verdict.reason : 'deadline',
      retryable: outcome === 'precondition-failed' || canSucceedLater,
      retryAt: serverWaitMs === undefined ? undefined : new Date(nowMs + serverWaitMs),
      outcome: applied,
    },
  };
}
