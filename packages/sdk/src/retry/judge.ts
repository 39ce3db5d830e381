import { parseRetryAfter } from '@openkupe/contract/http/retry-after';
import type { AttemptResult } from '../transport/attempt.ts';
import { readAdvice } from './advice.ts';
import { decide, LEAST_WAIT_MS, MAY_SUCCEED_LATER, type RetryQuestion, SICK, type Verdict, WAIT_WITHOUT_RETRY_AFTER_MS } from './decide.ts';
import type { AppliedState, Failure } from './failure.ts';
import { factsOf } from './prepare-request.ts';
import { mayRepeat } from './repeatable.ts';
import type { Run } from './run.ts';

export interface Judgement {
  readonly verdict: Verdict;
  readonly countedAttempts: number;
  readonly mayHaveHappened: boolean;
  /** How long everybody is to be quiet after a 429. */
  readonly quietMs: number;
  readonly serverWaitMs: number | undefined;
  /** The server keeps a slot free at the end of the wait. */
  readonly isReserved: boolean;
  /** How the call ends if this attempt was its last. */
  readonly failure: Failure;
}

/** What follows from a failed attempt: the verdict of the table, and what the error would say if it is the last. Changes nothing. */
export function judge(run: Run, result: AttemptResult, requestId: string | undefined): Judgement {
  const { response, outcome } = result;
  const { engine, scope } = run;
  const facts = factsOf(run);
  const nowMs = engine.clock.now();
  const header = (name: string) => response?.headers.get(name);
  const { advice, executed: said, isReserved } = readAdvice(header('retry-advice'));
  // NOTE: 408 says that the request did not arrive in full, as on a kept connection whose time is over (RFC 9110 §15.5.9).
  const executed = response?.status === 408 ? 'no' : said;
  const serverWaitMs = parseRetryAfter(header('retry-after'), { nowMs, responseDate: header('date') ?? null });

  const isWrite = facts.method !== 'GET';
  const isRunning = outcome === 'already-exists' && advice === 'wait';
  const isCut = outcome === 'unreadable' && !response;
  const isOpen = SICK.includes(outcome) || isRunning || isCut;
  const mayHaveHappened = run.mayHaveHappened || (isWrite && isOpen && executed !== 'no');
  // NOTE: when something else was accepted meanwhile, the limit lets us through, and a 429 is no failure.
  const isProgressing = engine.shared.pacer.acceptedCount > run.acceptedBefore;
  const isFree = outcome === 'rate-limited' && (executed === 'no' || isProgressing) && (serverWaitMs ?? LEAST_WAIT_MS) >= LEAST_WAIT_MS;
  const countedAttempts = run.countedAttempts + (isFree ? 0 : 1);
  const verdict: Verdict = scope.hasExpired
    ? { because: 'deadline' }
    : decide({
        ...facts,
        outcome: outcome as RetryQuestion['outcome'],
        attempts: countedAttempts,
        policy: engine.policy,
        serverWaitMs,
        advice,
        executed,
        leftMs: scope.leftMs(),
        chance: engine.random.unit(),
      });

  const wasApplied = isWrite && (executed === 'yes' || (outcome === 'unreadable' && (response?.status ?? 300) < 300));
  const applied: AppliedState = wasApplied ? 'applied' : mayHaveHappened ? 'unknown' : 'not-applied';
  const canSucceedLater = mayRepeat(facts, outcome, executed) && (isRunning || MAY_SUCCEED_LATER.includes(outcome)) && advice !== 'stop';
  return {
    verdict,
    countedAttempts,
    mayHaveHappened,
    quietMs: verdict.waitMs ?? serverWaitMs ?? WAIT_WITHOUT_RETRY_AFTER_MS,
    serverWaitMs,
    isReserved,
    failure: {
      stopReason: verdict.waitMs === undefined ? verdict.because : 'deadline',
      retryable: outcome === 'precondition-failed' || canSucceedLater,
      retryAt: serverWaitMs === undefined ? undefined : new Date(nowMs + serverWaitMs),
      outcome: applied,
      attempts: run.attempts,
      requestId,
      result,
    },
  };
}
