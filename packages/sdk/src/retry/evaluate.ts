import { parseRetryAdvice } from '@openkupe/contract/http/retry-advice';
import { parseRetryAfter } from '@openkupe/contract/http/retry-after';
import {
  canSucceedLater,
  decide,
  LEAST_WAIT_MS,
  type RetryDecision,
  type RetryQuestion,
  SERVER_FAILURES,
  WAIT_WITHOUT_RETRY_AFTER_MS,
} from '@openkupe/contract/retry/decide';
import { factsOf } from '../build-request.ts';
import type { CallState, Progress } from '../call-state.ts';
import type { AttemptResult } from '../transport/attempt.ts';
import type { AppliedState, Failure } from './failure.ts';

/** What follows from an attempt that failed. */
export interface Evaluation {
  readonly decision: RetryDecision;
  /** With how the call ends if this attempt was its last. */
  readonly progress: Progress & { readonly lastFailure: Failure };
  /** How long no call of the client is sent after a 429, in milliseconds. */
  readonly quietMs: number;
  /** The `Retry-After` of the answer, in milliseconds. */
  readonly serverWaitMs: number | undefined;
}

/** Reads what the answer to a failed attempt says, and asks the table of `decide` what follows. Changes nothing. */
export function evaluate(state: CallState, result: AttemptResult, requestId: string | undefined): Evaluation {
  const { response, outcome } = result;
  const { engine, call, scope, progress } = state;
  const nowMs = engine.clock.now();
  const header = (name: string) => response?.headers.get(name);
  const { advice, executed: said, isSlotReserved } = parseRetryAdvice(header('retry-advice'));
  // NOTE: 408 says that the request did not arrive in full, as on a kept connection whose time is over (RFC 9110 §15.5.9).
  const executed = response?.status === 408 ? 'no' : said;
  const serverWaitMs = parseRetryAfter(header('retry-after'), { nowMs, responseDate: header('date') ?? null });

  const isWrite = call.method !== 'GET';
  const isRunning = outcome === 'already-exists' && advice === 'wait';
  const isCut = outcome === 'unreadable' && !response;
  const isUncertain = SERVER_FAILURES.includes(outcome) || isRunning || isCut;
  const mayHaveHappened = progress.mayHaveHappened || (isWrite && isUncertain && executed !== 'no');
  // NOTE: when another request was accepted meanwhile, the limit lets the client through, and a 429 is no failure.
  const { acceptedCount } = engine.shared.pacer;
  const isProgressing = acceptedCount > progress.acceptedBefore;
  const isFree = outcome === 'rate-limited' && (executed === 'no' || isProgressing) && (serverWaitMs ?? LEAST_WAIT_MS) >= LEAST_WAIT_MS;
  const countedAttempts = progress.countedAttempts + (isFree ? 0 : 1);
  const decided = decide({
    ...factsOf(state),
    outcome: outcome as RetryQuestion['outcome'],
    attempts: countedAttempts,
    policy: engine.policy,
    serverWaitMs,
    advice,
    executed,
    leftMs: scope.leftMs(),
    chance: engine.random.unit(),
  });
  const decision: RetryDecision = scope.hasExpired ? { because: 'deadline' } : decided;

  const wasApplied = isWrite && (executed === 'yes' || (outcome === 'unreadable' && (response?.status ?? 300) < 300));
  const applied: AppliedState = wasApplied ? 'applied' : mayHaveHappened ? 'unknown' : 'not-applied';
  const lastFailure: Failure = {
    stopReason: decision.waitMs === undefined ? decision.because : 'deadline',
    retryable: outcome === 'precondition-failed' || canSucceedLater(decided),
    retryAt: serverWaitMs === undefined ? undefined : new Date(nowMs + serverWaitMs),
    outcome: applied,
    attempts: state.attempts,
    requestId,
    result,
  };
  const slot = outcome !== 'rate-limited' ? undefined : isSlotReserved ? 'reserved' : 'none';
  return {
    decision,
    progress: { countedAttempts, mayHaveHappened, lastFailure, slot, acceptedBefore: acceptedCount },
    quietMs: decision.waitMs ?? serverWaitMs ?? WAIT_WITHOUT_RETRY_AFTER_MS,
    serverWaitMs,
  };
}
