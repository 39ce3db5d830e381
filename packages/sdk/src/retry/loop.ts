import type { ApiCall, Exchange } from '../call.ts';
import { openScope } from '../call-scope.ts';
import type { Engine } from '../engine.ts';
import { TimeoutError } from '../errors/by-status.ts';
import { errorFromAttempt } from '../errors/error-from-attempt.ts';
import { KupeError } from '../errors/kupe-error.ts';
import { startSpan } from '../telemetry/open-telemetry.ts';
import { type AttemptResult, attempt } from '../transport/attempt.ts';
import { type Judgement, judge } from './judge.ts';
import { checkFuse, endedHere, type Leave, type Run, waitForLeave } from './leave.ts';
import { factsOf, keyFor, prepareRequest, randomId } from './prepare-request.ts';
import type { AttemptRecord } from './trace.ts';

/** The deadline ends an attempt like a timeout of its own; only the caller's abort is thrown. */
async function sendOnce(run: Run, requestId: string): Promise<AttemptResult> {
  const { engine, call, scope, key } = run;
  const { transport, clock, policy } = engine;
  const request = prepareRequest(engine, call, { key, requestId, attempt: run.countedAttempts + 1 });
  try {
    return await attempt(request, { transport, clock, timeoutMs: policy.attemptTimeoutMs, signal: scope.signal });
  } catch (reason) {
    if (!scope.hasExpired) throw reason;
    return { outcome: 'no-answer', failure: new Error('The deadline of the call passed before there was an answer'), isTimeout: true };
  }
}

function judgeResult(run: Run, result: AttemptResult, isProgressing: boolean): Judgement {
  const { engine, scope, call, countedAttempts, mayHaveHappened } = run;
  return judge(result, {
    facts: factsOf(engine, call, run.key),
    countedAttempts,
    isProgressing,
    mayHaveHappened,
    policy: engine.policy,
    leftMs: scope.leftMs(),
    budgetWaitMs: engine.shared.budget.waitMs(),
    chance: engine.random.unit(),
    hasExpired: scope.hasExpired,
    nowMs: engine.clock.now(),
  });
}

/** Tells everything that calls share what this attempt has shown. */
function share(run: Run, result: AttemptResult, { turn, probe }: Leave, judgement: Judgement | undefined, startedAt: number): void {
  const { engine, call } = run;
  const { outage, fuse, pacer } = engine.shared;
  if ('response' in result) {
    const { headers } = result.response;
    pacer.observe({ limit: headers.get('ratelimit'), policy: headers.get('ratelimit-policy') });
  }
  if (result.outcome === 'rate-limited' && judgement) {
    const { verdict } = judgement;
    turn.refused(verdict.kind === 'wait' ? verdict.waitMs : judgement.quietMs, judgement.isReserved);
    probe?.giveUpProbe();
    return;
  }
  if ('failure' in result && result.outcome !== 'unreadable') turn.ended();
  else turn.accepted();
  if (!call.isPublic && result.outcome === 'unauthenticated') fuse.blow();
  else if (!call.isPublic && 'response' in result) fuse.mend();
  const isDead = result.outcome === 'unreachable' || ('failure' in result && result.outcome === 'no-answer' && !result.isTimeout);
  const isSick = result.outcome === 'internal' || result.outcome === 'unavailable' || result.outcome === 'no-answer';
  outage.report(call, isDead ? 'dead' : isSick ? 'sick' : 'well', startedAt, judgement?.serverWaitMs);
}

/** Sends once, shares what was learned, and writes the record. */
async function once(run: Run, leave: Leave): Promise<Exchange | Judgement> {
  const { engine, call, attempts } = run;
  const { clock, shared } = engine;
  const ownId = randomId(engine, 8);
  const sentAtMs = clock.now();
  const startedAt = clock.monotonic();
  let result: AttemptResult;
  try {
    result = await sendOnce(run, ownId);
  } catch (reason) {
    leave.turn.ended();
    leave.probe?.giveUpProbe();
    throw reason;
  }
  const response = 'response' in result ? result.response : undefined;
  if (response?.headers.get('idempotency-key-support') === 'yes') shared.keyedRoutes.add(call.route);
  const requestId = response?.headers.get('x-request-id') ?? ownId;
  const isProgressing = shared.pacer.acceptedCount > run.acceptedBefore;
  run.acceptedBefore = shared.pacer.acceptedCount;
  const judgement = result.outcome === 'succeeded' ? undefined : judgeResult(run, result, isProgressing);
  share(run, result, leave, judgement, startedAt);

  const verdict = judgement?.verdict;
  const record: AttemptRecord = {
    attempt: attempts.length + 1,
    outcome: result.outcome,
    ...(response ? { status: response.status } : {}),
    requestId,
    sentAtMs,
    durationMs: clock.monotonic() - startedAt,
    queuedMs: leave.queuedMs,
    verdict: !verdict ? 'done' : verdict.kind === 'wait' ? verdict.because : verdict.reason,
    waitMs: verdict?.kind === 'wait' ? verdict.waitMs : 0,
    budgetLeft: shared.budget.left,
    ...(Number.isFinite(shared.pacer.ratePerSecond) ? { ratePerSecond: shared.pacer.ratePerSecond } : {}),
  };
  attempts.push(record);
  engine.emit({ type: 'attempt', call, record });
  if (!judgement) {
    const { status, headers } = response as NonNullable<typeof response>;
    return { status, headers, body: (result as { body: unknown }).body, attempts, requestId };
  }
  run.countedAttempts = judgement.countedAttempts;
  run.mayHaveHappened = judgement.mayHaveHappened;
  run.lastError = errorFromAttempt(result, { requestId, attempts, ...judgement.details });
  return judgement;
}

/** Waits as the verdict says; a retry that is not a 429 draws on the budget. */
async function waitToRepeat({ engine, call, scope }: Run, outcome: AttemptRecord['outcome'], judgement: Judgement): Promise<void> {
  const { verdict } = judgement;
  if (verdict.kind === 'stop') return;
  if (outcome !== 'rate-limited') engine.shared.budget.spend();
  engine.emit({ type: 'wait', call, waitMs: verdict.waitMs, because: verdict.because });
  await scope.sleep(verdict.waitMs);
}

async function repeatUntilDone(run: Run): Promise<Exchange> {
  for (;;) {
    checkFuse(run);
    const leave = await waitForLeave(run);
    const end = await once(run, leave);
    if (!('verdict' in end)) return end;
    if (end.verdict.kind === 'stop') throw run.lastError;
    run.isReserved = end.isReserved;
    await waitToRepeat(run, run.attempts.at(-1)?.outcome ?? 'no-answer', end);
  }
}

/**
 * Carries out a call: waits its turn, sends, and repeats the same bytes as long as the table of `decide` says so. Returns a 2xx.
 * Throws the class of the last outcome with the trail of all attempts, or the reason of the caller's signal.
 */
export async function runCall(engine: Engine, call: ApiCall): Promise<Exchange> {
  const { options } = call;
  const scope = openScope(engine.clock, options.timeoutMs ?? engine.policy.deadlineMs, options.signal);
  const key = keyFor(engine, call);
  const run: Run = {
    engine,
    call,
    scope,
    key,
    attempts: [],
    countedAttempts: 0,
    mayHaveHappened: false,
    lastError: undefined,
    isReserved: false,
    acceptedBefore: engine.shared.pacer.acceptedCount,
  };
  const span = startSpan(engine.origin, call);
  engine.shared.budget.deposit();
  try {
    const exchange = await repeatUntilDone(run);
    span?.end(exchange.attempts);
    return exchange;
  } catch (error) {
    const isOurs = error instanceof KupeError;
    const late = 'The deadline of the call passed before it was its turn to be sent; allow more time';
    const final = scope.hasExpired && !isOurs ? (run.lastError ?? endedHere(run, TimeoutError, late, { stopReason: 'deadline' })) : error;
    span?.end(run.attempts, final);
    if (!options.signal?.aborted && !call.isStep) engine.emit({ type: 'gave-up', call, error: final as Error });
    throw final;
  } finally {
    scope.end();
  }
}
