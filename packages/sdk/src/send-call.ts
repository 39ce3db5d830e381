import type { RetryDecision } from '@openkupe/contract/retry/decide';
import { buildRequest, keyFor } from './build-request.ts';
import type { ApiCall, Success } from './call.ts';
import type { CallState } from './call-state.ts';
import type { Engine } from './engine.ts';
import { learn, learnKeySupport } from './learn.ts';
import type { AttemptRecord } from './retry/attempt-record.ts';
import { type Evaluation, evaluate } from './retry/evaluate.ts';
import type { Failure } from './retry/failure.ts';
import type { Scope } from './scope.ts';
import { type AttemptResult, attempt } from './transport/attempt.ts';
import { endedUnsent, waitForPermit } from './wait-for-permit.ts';

/**
 * Sends a call, and repeats the same bytes until there is a 2xx or `decide` says to stop. The order of every attempt:
 *
 * 1. `waitForPermit`: the credential, the retry budget, the circuit breaker, the pacer
 * 2. `attempt`: send once, within the time of one attempt and of the scope
 * 3. `evaluate`: read the headers of a failure, and ask `decide` what follows
 * 4. `learn`: update the state that all calls of the credential share
 * 5. record it, for the caller and for the listener
 * 6. return, or wait and begin again
 *
 * Returns facts; `errors/` makes the error of a {@link Failure}. Throws only the reason of the caller's signal.
 */
export async function sendCall(engine: Engine, call: ApiCall, scope: Scope): Promise<Success | Failure> {
  const { shared, emit } = engine;
  const progress = { countedAttempts: 0, mayHaveHappened: false, acceptedBefore: shared.pacer.acceptedCount };
  const state: CallState = { engine, call, scope, key: keyFor(engine, call), attempts: [], progress };
  shared.budget.deposit();
  try {
    for (;;) {
      const next = await sendOnce(state);
      if (!('waitMs' in next)) return next;
      emit({ type: 'wait', call, ...next });
      await scope.sleep(next.waitMs);
    }
  } catch (reason) {
    if (!scope.hasExpired || reason !== scope.signal.reason) throw reason;
    return state.progress.lastFailure ?? endedUnsent(state, 'deadline');
  }
}

/** One attempt: returns the success, the failure, or the wait before the next attempt. */
async function sendOnce(state: CallState): Promise<Success | Failure | Extract<RetryDecision, { waitMs: number }>> {
  const { engine, call, scope, attempts } = state;
  const { clock } = engine;
  const request = buildRequest(state);
  const pass = await waitForPermit(state, request.isRepeatable);
  if ('stopReason' in pass) return pass;

  const span = engine.startSpan?.(engine.origin, call, attempts.length);
  let result: AttemptResult | undefined;
  let evaluation: Evaluation | undefined;
  try {
    const sentAtMs = clock.now();
    const startedAt = clock.monotonic();
    const headers = { ...request.headers, ...span?.headers };
    result = await attempt(engine, { ...request, headers }, scope);
    const { outcome, response } = result;
    const isSent = outcome !== 'unreachable' && outcome !== 'cannot-connect';
    const requestId = response?.headers.get('x-request-id') ?? (isSent ? headers['x-request-id'] : undefined);
    learnKeySupport(state, result);
    evaluation = outcome === 'succeeded' ? undefined : evaluate(state, result, requestId);
    learn(state, result, { permit: pass.permit, evaluation, startedAt });

    const { because, waitMs = 0 } = evaluation?.decision ?? { because: 'done' };
    const durationMs = clock.monotonic() - startedAt;
    record(state, {
      outcome,
      status: response?.status,
      requestId,
      sentAtMs,
      durationMs,
      queuedMs: pass.queuedMs,
      decision: because,
      waitMs,
    });
    if (!evaluation) return { ...response, body: result.body, attempts, requestId } as Success;
    state.progress = evaluation.progress;
    return evaluation.decision.waitMs === undefined ? evaluation.progress.lastFailure : evaluation.decision;
  } finally {
    span?.end(result);
    pass.permit.release();
    pass.probe?.end(evaluation?.serverWaitMs);
  }
}

/** Adds a record to the trail of the call, with its number and what the client's limits are now, and emits it. */
function record({ engine, call, attempts }: CallState, facts: Omit<AttemptRecord, 'attempt' | 'budgetLeft' | 'ratePerSecond'>): void {
  const { pacer, budget } = engine.shared;
  const ratePerSecond = Number.isFinite(pacer.ratePerSecond) ? pacer.ratePerSecond : undefined;
  const entry = { attempt: attempts.length + 1, ...facts, budgetLeft: budget.left, ratePerSecond };
  attempts.push(entry);
  engine.emit({ type: 'attempt', call, record: entry });
}
