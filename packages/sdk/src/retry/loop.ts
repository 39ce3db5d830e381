import type { ApiCall, Exchange } from '../call.ts';
import { openScope } from '../call-scope.ts';
import type { Engine } from '../engine.ts';
import type { Permit } from '../pace/pacer.ts';
import { type AttemptResult, attempt } from '../transport/attempt.ts';
import type { TransportResponse } from '../transport/transport.ts';
import { SICK } from './decide.ts';
import type { Failure } from './failure.ts';
import { type Judgement, judge } from './judge.ts';
import { endedHere, waitForLeave } from './leave.ts';
import { keyFor, prepareRequest, randomId } from './prepare-request.ts';
import type { Run } from './run.ts';
import type { AttemptRecord } from './trace.ts';

/** Tells everything that calls share what this attempt has shown. */
function share(
  { engine, call, scope, slot, attempts }: Run,
  result: AttemptResult,
  permit: Permit,
  judgement: Judgement | undefined,
  startedAt: number,
): void {
  const { breakers, credentialBreaker, pacer, budget, keyedRoutes } = engine.shared;
  const { outcome, response } = result;
  if (response) pacer.observe(response.headers, outcome === 'rate-limited');
  if (judgement && outcome === 'rate-limited') {
    permit.refused(judgement.quietMs, judgement.isReserved, judgement.serverWaitMs);
    return;
  }
  if (response) permit.accepted();
  if (!judgement) {
    if (attempts.length > 0 && !slot) budget.giveBack();
    if (!hasKeySupport(response)) keyedRoutes.delete(call.route);
  }
  const isSick = SICK.includes(outcome);
  if (!call.isPublic && outcome === 'unauthenticated') credentialBreaker.trip();
  else if (!call.isPublic && response && !isSick) credentialBreaker.reset();
  // NOTE: that the caller had no more time says nothing about the server, and a wrong address nothing about its health.
  if (!scope.hasExpired && outcome !== 'cannot-connect')
    breakers?.report(call, outcome === 'unreachable' ? outcome : isSick ? 'failing' : 'healthy', startedAt);
}

const hasKeySupport = (response: TransportResponse | undefined) => response?.headers.get('idempotency-key-support') === 'yes';

/** Sends once, shares what was learned, and writes the record. Returns the answer, or what follows from having none. */
async function once(run: Run): Promise<Exchange | Judgement | Failure> {
  const { engine, call, attempts, scope } = run;
  const { clock, shared, transport, policy } = engine;
  const ownId = randomId(engine, 8);
  const request = prepareRequest(run, ownId);
  const leave = await waitForLeave(run);
  if ('stopReason' in leave) return leave;
  const { permit, probe, queuedMs } = leave;
  let judgement: Judgement | undefined;
  try {
    const sentAtMs = clock.now();
    const startedAt = clock.monotonic();
    const result = await attempt(request, { transport, clock, timeoutMs: policy.attemptTimeoutMs, scope });
    const { outcome, response } = result;
    if (hasKeySupport(response)) shared.keyedRoutes.add(call.route);
    const isSent = outcome !== 'unreachable' && outcome !== 'cannot-connect';
    const requestId = response?.headers.get('x-request-id') ?? (isSent ? ownId : undefined);
    judgement = outcome === 'succeeded' ? undefined : judge(run, result, requestId);
    run.acceptedBefore = shared.pacer.acceptedCount;
    share(run, result, permit, judgement, startedAt);

    const verdict = judgement?.verdict;
    const record: AttemptRecord = {
      attempt: attempts.length + 1,
      outcome,
      status: response?.status,
      requestId,
      sentAtMs,
      durationMs: clock.monotonic() - startedAt,
      queuedMs,
      verdict: verdict?.because ?? 'done',
      waitMs: verdict?.waitMs ?? 0,
      budgetLeft: shared.budget.left,
      ratePerSecond: Number.isFinite(shared.pacer.ratePerSecond) ? shared.pacer.ratePerSecond : undefined,
    };
    attempts.push(record);
    engine.emit({ type: 'attempt', call, record });
    if (!judgement) return { ...(response as TransportResponse), body: result.body, attempts, requestId: requestId as string };
    run.countedAttempts = judgement.countedAttempts;
    run.mayHaveHappened = judgement.mayHaveHappened;
    run.lastFailure = judgement.failure;
    run.slot = outcome !== 'rate-limited' ? undefined : judgement.isReserved ? 'promised' : 'maybe';
    return judgement;
  } finally {
    permit.release();
    probe?.end(judgement?.serverWaitMs);
  }
}

async function repeatUntilDone(run: Run): Promise<Exchange | Failure> {
  const { engine, call, scope } = run;
  for (;;) {
    const end = await once(run);
    if (!('verdict' in end)) return end;
    const { verdict, failure } = end;
    if (verdict.waitMs === undefined) return failure;
    engine.emit({ type: 'wait', call, waitMs: verdict.waitMs, because: verdict.because });
    await scope.sleep(verdict.waitMs);
  }
}

/**
 * Carries out a call: waits for its permit, sends, and repeats the same bytes as long as the table of `decide` says so. Returns a 2xx, or how
 * the call ended without one, and adds to `attempts` as it goes. Throws only the reason of the caller's signal.
 */
export async function runCall(engine: Engine, call: ApiCall, attempts: AttemptRecord[] = []): Promise<Exchange | Failure> {
  const { clock, policy, shared } = engine;
  const { timeoutMs = policy.deadlineMs, signal } = call.options;
  const scope = openScope(clock, timeoutMs, signal);
  const key = keyFor(engine, call);
  const acceptedBefore = shared.pacer.acceptedCount;
  const run: Run = { engine, call, scope, key, attempts, countedAttempts: 0, mayHaveHappened: false, acceptedBefore };
  shared.budget.deposit();
  try {
    return await repeatUntilDone(run);
  } catch (reason) {
    if (!scope.hasExpired || reason !== scope.signal.reason) throw reason;
    return run.lastFailure ?? endedHere(run, 'deadline');
  } finally {
    scope.end();
  }
}
