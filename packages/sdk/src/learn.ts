import { SERVER_FAILURES } from '@openkupe/contract/retry/decide';
import type { CallState } from './call-state.ts';
import type { Permit } from './pace/pacer.ts';
import type { Evaluation } from './retry/evaluate.ts';
import type { AttemptResult } from './transport/attempt.ts';

/**
 * Notes whether the route honours idempotency keys: any answer may announce it, and a success that does not takes it back. Called before
 * the attempt is evaluated, which depends on it.
 */
export function learnKeySupport({ engine, call }: CallState, { outcome, response }: AttemptResult): void {
  const { keyedRoutes } = engine.shared;
  if (response?.headers.get('idempotency-key-support') === 'yes') keyedRoutes.add(call.route);
  else if (outcome === 'succeeded') keyedRoutes.delete(call.route);
}

/** Updates the pacer, the budget and the breakers by the outcome of an attempt that was sent at `startedAt` (monotonic); `evaluation` unless it succeeded. */
export function learn(
  { engine, call, scope, attempts, progress }: CallState,
  { outcome, response }: AttemptResult,
  { permit, evaluation, startedAt }: { permit: Permit; evaluation: Evaluation | undefined; startedAt: number },
): void {
  const { breakers, credentialBreaker, pacer, budget } = engine.shared;
  if (response) pacer.observe(response.headers, outcome === 'rate-limited');
  if (evaluation && outcome === 'rate-limited') {
    permit.refused(evaluation.quietMs, evaluation.progress.slot === 'reserved', evaluation.serverWaitMs);
    return;
  }
  if (response) permit.accepted();
  if (!evaluation && attempts.length > 0 && !progress.slot) budget.giveBack();
  const isFailing = SERVER_FAILURES.includes(outcome);
  if (!call.isPublic && outcome === 'unauthenticated') credentialBreaker.trip();
  else if (!call.isPublic && response && !isFailing) credentialBreaker.reset();
  // NOTE: that the caller had no more time says nothing about the server, and a wrong address nothing about its health.
  if (!scope.hasExpired && outcome !== 'cannot-connect')
    breakers?.report(call, outcome === 'unreachable' ? outcome : isFailing ? 'failing' : 'healthy', startedAt);
}
