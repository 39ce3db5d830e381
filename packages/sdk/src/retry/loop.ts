import type { ApiCall, Exchange } from '../call.ts';
import { openScope } from '../call-scope.ts';
import type { Engine } from '../engine.ts';
import { type AttemptResult, attempt } from '../transport/attempt.ts';
import type { Failure } from './failure.ts';
import { type Judgement, judge } from './judge.ts';
import { endedHere, type Leave, type Run, waitForLeave } from './leave.ts';
import { keyFor, prepareRequest, randomId } from './prepare-request.ts';
import type { AttemptRecord } from './trace.ts';

/** Tells everything that calls share what this attempt has shown. */
function share(
  { engine, call }: Run,
  result: AttemptResult,
  { turn, probe }: Leave,
  judgement: Judgement | undefined,
  startedAt: number,
): void {
  const { outage, fuse, pacer } = engine.shared;
  const { outcome, response, isTimeout } = result;
  if (response) pacer.observe(response.headers);
  if (judgement && outcome === 'rate-limited') {
    turn.refused(judgement.quietMs, judgement.isReserved);
    probe?.giveUpProbe();
    return;
  }
  if (response) turn.accepted();
  else turn.ended();
  if (response && !call.isPublic) fuse[outcome === 'unauthenticated' ? 'blow' : 'mend']();
  const isDead = outcome === 'unreachable' || (outcome === 'no-answer' && !isTimeout);
  const isSick = outcome === 'internal' || outcome === 'unavailable' || outcome === 'no-answer';
  outage?.report(call, isDead ? 'dead' : isSick ? 'sick' : 'well', startedAt, judgement?.serverWaitMs);
}

/** Sends once, shares what was learned, and writes the record. Returns the answer, or what follows from having none. */
async function once(run: Run): Promise<Exchange | Judgement | Failure> {
  const { engine, call, attempts, scope } = run;
  const { clock, shared, transport, policy } = engine;
  const ownId = randomId(engine, 8);
  const request = prepareRequest(engine, call, { key: run.key, requestId: ownId });
  const leave = await waitForLeave(run);
  if ('stopReason' in leave) return leave;
  const sentAtMs = clock.now();
  const startedAt = clock.monotonic();
  const result = await attempt(request, { transport, clock, timeoutMs: policy.attemptTimeoutMs, scope }).catch((reason: unknown) => {
    leave.turn.ended();
    leave.probe?.giveUpProbe();
    throw reason;
  });
  const { outcome, response } = result;
  if (response?.headers.get('idempotency-key-support') === 'yes') shared.keyedRoutes.add(call.route);
  const requestId = response?.headers.get('x-request-id') ?? ownId;
  const judgement = outcome === 'succeeded' ? undefined : judge(run, result, requestId);
  run.acceptedBefore = shared.pacer.acceptedCount;
  share(run, result, leave, judgement, startedAt);

  const verdict = judgement?.verdict;
  const record: AttemptRecord = {
    attempt: attempts.length + 1,
    outcome,
    status: response?.status,
    requestId,
    sentAtMs,
    durationMs: clock.monotonic() - startedAt,
    queuedMs: leave.queuedMs,
    verdict: verdict?.because ?? 'done',
    waitMs: verdict?.waitMs ?? 0,
    budgetLeft: shared.budget.left,
    ratePerSecond: Number.isFinite(shared.pacer.ratePerSecond) ? shared.pacer.ratePerSecond : undefined,
  };
  attempts.push(record);
  engine.emit({ type: 'attempt', call, record });
  if (!judgement) return { ...(response as NonNullable<typeof response>), body: result.body, attempts, requestId };
  run.countedAttempts = judgement.countedAttempts;
  run.mayHaveHappened = judgement.mayHaveHappened;
  run.lastFailure = judgement.failure;
  run.slot = outcome !== 'rate-limited' ? undefined : judgement.isReserved ? 'promised' : 'maybe';
  return judgement;
}

async function repeatUntilDone(run: Run): Promise<Exchange | Failure> {
  const { engine, call, scope } = run;
  for (;;) {
    const end = await once(run);
    if (!('verdict' in end)) return end;
    const { verdict, failure } = end;
    if (verdict.waitMs === undefined) return failure;
    if (!run.slot) engine.shared.budget.spend();
    engine.emit({ type: 'wait', call, waitMs: verdict.waitMs, because: verdict.because });
    await scope.sleep(verdict.waitMs);
  }
}

/**
 * Carries out a call: waits its turn, sends, and repeats the same bytes as long as the table of `decide` says so. Returns a 2xx, or how
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
