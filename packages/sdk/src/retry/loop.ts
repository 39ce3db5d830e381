import { parseRetryAfter } from '@openkupe/contract/http/retry-after';
import type { ApiCall, Exchange } from '../call.ts';
import { type CallScope, openScope } from '../call-scope.ts';
import type { Engine } from '../engine.ts';
import { TimeoutError } from '../errors/by-status.ts';
import { errorFromAttempt } from '../errors/error-from-attempt.ts';
import type { AppliedState, KupeError } from '../errors/kupe-error.ts';
import { type AttemptResult, attempt } from '../transport/attempt.ts';
import type { ResponseHeaders } from '../transport/transport.ts';
import { readAdvice } from './advice.ts';
import { decide, type StopReason, type Verdict } from './decide.ts';
import { isRepeatable, mayRepeat, type RequestFacts } from './repeatable.ts';
import type { AttemptRecord } from './trace.ts';

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** One run of a call: what it has learned so far. */
class Run {
  readonly attempts: AttemptRecord[] = [];
  /** Something was sent whose effect is not known. */
  mayHaveHappened = false;
  private readonly engine: Engine;
  private readonly call: ApiCall;
  private readonly scope: CallScope;
  private readonly key: string | undefined;
  private readonly body: string | undefined;

  constructor(engine: Engine, call: ApiCall, scope: CallScope) {
    this.engine = engine;
    this.call = call;
    this.scope = scope;
    this.key = call.options.idempotencyKey ?? (call.method === 'POST' ? hex(engine.random.bytes(16)) : undefined);
    this.body = call.body === undefined ? undefined : JSON.stringify(call.body);
  }

  private facts(): RequestFacts {
    const { call, key, engine } = this;
    return {
      method: call.method,
      hasIfMatch: call.ifMatch !== undefined,
      hasKey: key !== undefined && engine.shared.keyedRoutes.has(call.route),
    };
  }

  private headers(requestId: string): Record<string, string> {
    const { call, engine, key, body } = this;
    return {
      accept: 'application/json',
      'user-agent': engine.userAgent,
      'x-request-id': requestId,
      ...(call.isPublic ? {} : { authorization: `Bearer ${engine.credential}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(call.ifMatch === undefined ? {} : { 'if-match': call.ifMatch }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    };
  }

  /** Sends once and records it; the exchange when it succeeded, otherwise what to do next. */
  async once(): Promise<{ done: Exchange } | { verdict: Verdict; failed: () => KupeError }> {
    const { engine, call, scope } = this;
    const { clock, policy, shared } = engine;
    const queuedAt = clock.monotonic();
    const quietMs = shared.quietUntilMs - queuedAt;
    if (quietMs > 0) await scope.sleep(quietMs);

    const ownId = hex(engine.random.bytes(8));
    const sentAtMs = clock.now();
    const startedAt = clock.monotonic();
    const request = {
      method: call.method,
      url: engine.origin + call.path,
      headers: this.headers(ownId),
      ...(this.body === undefined ? {} : { body: this.body }),
      isRepeatable: isRepeatable(this.facts()),
    };
    const result = await this.send(request);
    const headers: ResponseHeaders = 'response' in result ? result.response.headers : { get: () => undefined };
    if (headers.get('idempotency-key-support') === 'yes') shared.keyedRoutes.add(call.route);

    const judged = this.judge(result, headers);
    const requestId = headers.get('x-request-id') ?? ownId;
    const verdict = judged?.verdict;
    const record: AttemptRecord = {
      attempt: this.attempts.length + 1,
      outcome: result.outcome,
      ...('response' in result ? { status: result.response.status } : {}),
      requestId,
      sentAtMs,
      durationMs: clock.monotonic() - startedAt,
      queuedMs: startedAt - queuedAt,
      verdict: !verdict ? 'done' : verdict.kind === 'wait' ? verdict.because : verdict.reason,
      waitMs: verdict?.kind === 'wait' ? verdict.waitMs : 0,
    };
    this.attempts.push(record);
    engine.emit({ type: 'attempt', call, record });
    if (!judged) {
      const { response, body } = result as Extract<AttemptResult, { response: unknown }>;
      return { done: { status: response.status, headers, body, attempts: this.attempts, requestId } };
    }
    if (result.outcome === 'rate-limited' && judged.serverWaitMs !== undefined && judged.serverWaitMs <= policy.patienceMs)
      shared.quietUntilMs = Math.max(shared.quietUntilMs, clock.monotonic() + judged.serverWaitMs);
    const failed = () => errorFromAttempt(result, { requestId, attempts: this.attempts, ...judged.details });
    return { verdict: judged.verdict, failed };
  }

  /** The deadline ends an attempt like a timeout of its own; only the caller's signal is thrown. */
  private async send(request: Parameters<typeof attempt>[0]): Promise<AttemptResult> {
    const { engine, scope } = this;
    try {
      return await attempt(request, {
        transport: engine.transport,
        clock: engine.clock,
        timeoutMs: engine.policy.attemptTimeoutMs,
        signal: scope.signal,
      });
    } catch (reason) {
      if (!scope.hasExpired) throw reason;
      return { outcome: 'no-answer', failure: new Error('The deadline of the call passed before there was an answer'), isTimeout: true };
    }
  }

  /** What follows from a failed attempt; `undefined` for one that succeeded. */
  private judge(result: AttemptResult, headers: ResponseHeaders) {
    const { engine, call, scope } = this;
    const { outcome } = result;
    if (outcome === 'succeeded') return undefined;
    const { advice, executed } = readAdvice(headers.get('retry-advice'));
    const isLeftOpen = outcome === 'no-answer' || ((outcome === 'internal' || outcome === 'unavailable') && executed !== 'no');
    if (call.method !== 'GET' && isLeftOpen) this.mayHaveHappened = true;
    const nowMs = engine.clock.now();
    const serverWaitMs = parseRetryAfter(headers.get('retry-after'), { nowMs, responseDate: headers.get('date') ?? null });
    const facts = this.facts();
    const verdict: Verdict = scope.hasExpired
      ? { kind: 'stop', reason: 'deadline' }
      : decide({
          ...facts,
          outcome,
          attempts: this.attempts.length + 1,
          policy: engine.policy,
          ...(serverWaitMs === undefined ? {} : { serverWaitMs }),
          ...(advice === undefined ? {} : { advice }),
          executed,
          leftMs: scope.leftMs(),
          hasBudget: true,
          chance: engine.random.unit(),
        });
    const wasApplied = call.method !== 'GET' && (executed === 'yes' || (outcome === 'unreadable' && 'response' in result));
    const details = {
      stopReason: verdict.kind === 'stop' ? verdict.reason : ('deadline' satisfies StopReason),
      retryable: outcome === 'precondition-failed' || (mayRepeat(facts, outcome, executed) && isWorthLater(outcome)),
      ...(serverWaitMs === undefined ? {} : { retryAt: new Date(nowMs + serverWaitMs) }),
      outcome: (wasApplied ? 'applied' : this.mayHaveHappened ? 'unknown' : 'not-applied') satisfies AppliedState as AppliedState,
    };
    return { verdict, details, serverWaitMs };
  }
}

function isWorthLater(outcome: AttemptResult['outcome']): boolean {
  return ['rate-limited', 'internal', 'unavailable', 'unreachable', 'no-answer'].includes(outcome);
}

/**
 * Carries out a call: sends, and repeats the same bytes as long as {@link decide} says so. Returns a 2xx; throws the class of the last
 * outcome with the trail of all attempts, or the signal's reason. The only file of this folder with effects.
 */
export async function runCall(engine: Engine, call: ApiCall): Promise<Exchange> {
  const scope = openScope(engine.clock, call.options.timeoutMs ?? engine.policy.deadlineMs, call.options.signal);
  const run = new Run(engine, call, scope);
  let lastError: (() => KupeError) | undefined;
  try {
    for (;;) {
      const step = await run.once();
      if ('done' in step) return step.done;
      lastError = step.failed;
      if (step.verdict.kind === 'stop') throw step.failed();
      engine.emit({ type: 'wait', call, waitMs: step.verdict.waitMs, because: step.verdict.because });
      await scope.sleep(step.verdict.waitMs);
    }
  } catch (error) {
    const final = scope.hasExpired && error === scope.signal.reason ? (lastError?.() ?? expiredInQueue(run)) : error;
    if (!call.options.signal?.aborted) engine.emit({ type: 'gave-up', call, error: final as Error });
    throw final;
  } finally {
    scope.end();
  }
}

function expiredInQueue(run: Run): TimeoutError {
  return new TimeoutError('The deadline of the call passed before it was its turn to be sent', {
    attempts: run.attempts,
    stopReason: 'deadline',
    retryable: true,
  });
}
