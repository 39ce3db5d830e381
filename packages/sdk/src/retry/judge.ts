import { parseRetryAfter } from '@openkupe/contract/http/retry-after';
import type { AppliedState, ErrorDetails } from '../errors/kupe-error.ts';
import type { AttemptResult } from '../transport/attempt.ts';
import { readAdvice } from './advice.ts';
import { decide, type RetryQuestion, type Verdict, WAIT_WITHOUT_RETRY_AFTER_MS } from './decide.ts';
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
  /** How long everybody is to be quiet after a 429, without jitter. */
  readonly quietMs: number;
  readonly serverWaitMs: number | undefined;
  /** The server keeps a slot free at the end of the wait. */
  readonly isReserved: boolean;
  readonly details: Pick<ErrorDetails, 'stopReason' | 'retryable' | 'retryAt' | 'outcome'>;
}

const NOTHING = { get: () => undefined };
const MAY_SUCCEED_LATER = ['rate-limited', 'internal', 'unavailable', 'unreachable', 'no-answer'];

/** What follows from a failed attempt: the verdict of the table, and what the error would say if it is the last. Pure. */
export function judge(result: AttemptResult, circumstances: Circumstances): Judgement {
  const { facts, nowMs, policy } = circumstances;
  const outcome = result.outcome as RetryQuestion['outcome'];
  const headers = 'response' in result ? result.response.headers : NOTHING;
  const { advice, executed, isReserved } = readAdvice(headers.get('retry-advice'));
  const serverWaitMs = parseRetryAfter(headers.get('retry-after'), { nowMs, responseDate: headers.get('date') ?? null });

  const isWrite = facts.method !== 'GET';
  const isLeftOpen = outcome === 'no-answer' || ((outcome === 'internal' || outcome === 'unavailable') && executed !== 'no');
  const mayHaveHappened = circumstances.mayHaveHappened || (isWrite && isLeftOpen);
  const isFree = outcome === 'rate-limited' && (executed === 'no' || circumstances.isProgressing);
  const countedAttempts = circumstances.countedAttempts + (isFree ? 0 : 1);

  const told = { ...(serverWaitMs === undefined ? {} : { serverWaitMs }), ...(advice === undefined ? {} : { advice }) };
  const { leftMs, budgetWaitMs, chance } = circumstances;
  const verdict: Verdict = circumstances.hasExpired
    ? { kind: 'stop', reason: 'deadline' }
    : decide({ ...facts, ...told, outcome, executed, attempts: countedAttempts, policy, leftMs, budgetWaitMs, chance });

  const wasApplied = isWrite && (executed === 'yes' || (outcome === 'unreadable' && 'response' in result && result.response.status < 300));
  const applied: AppliedState = wasApplied ? 'applied' : mayHaveHappened ? 'unknown' : 'not-applied';
  const isRetryable =
    outcome === 'precondition-failed' || (mayRepeat(facts, outcome, executed) && MAY_SUCCEED_LATER.includes(outcome) && advice !== 'stop');
  return {
    verdict,
    countedAttempts,
    mayHaveHappened,
    quietMs: serverWaitMs ?? WAIT_WITHOUT_RETRY_AFTER_MS,
    serverWaitMs,
    isReserved,
    details: {
      ...(verdict.kind === 'stop' ? { stopReason: verdict.reason } : { stopReason: 'deadline' }),
      retryable: isRetryable,
      ...(serverWaitMs === undefined ? {} : { retryAt: new Date(nowMs + serverWaitMs) }),
      outcome: applied,
    },
  };
}
