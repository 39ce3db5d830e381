import type { ApiCall, CallOptions, Result, Success } from './call.ts';
import type { Engine } from './engine.ts';
import { ArgumentError } from './errors/argument-error.ts';
import { TimeoutError } from './errors/by-status.ts';
import { errorFromFailure } from './errors/error-from-failure.ts';
import { amend, KupeError } from './errors/kupe-error.ts';
import type { CallName } from './events.ts';
import type { AttemptRecord } from './retry/attempt-record.ts';
import { openScope } from './scope.ts';
import { sendCall } from './send-call.ts';
import { type Decode, toResult } from './to-result.ts';

/** The execution of one method: one or more calls that share a scope and a trail of attempts. */
export interface Operation {
  /** Carries out one call in what is left of the time. A write gets the caller's idempotency key. Throws the error of its failure. */
  send(call: ApiCall): Promise<Success>;
  /** As `send`, and decodes the body of the answer. Throws a DecodeError when it has another shape. */
  request<T>(call: ApiCall, decode: Decode<T>): Promise<Result<T>>;
  /** Waits; throws when the scope ends, after which nothing more is sent. */
  sleep(ms: number): Promise<void>;
}

/** The milliseconds of a `timeoutMs`. Throws a RangeError for anything else than a number from 0. */
export function checkTimeout(timeoutMs: number): number {
  if (typeof timeoutMs === 'number' && timeoutMs >= 0) return timeoutMs;
  throw new RangeError(`timeoutMs is ${String(timeoutMs)}; give milliseconds from 0`);
}

/** Throws an ArgumentError for a value that no header can carry: transports refuse it in ways that look like a broken connection. */
export function checkHeaderValue(name: string, value: string | undefined): void {
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value ?? ''))
    throw new ArgumentError(`The value for ${name} has a line break or another character that no header can carry`);
}

/** Emits how a method ended, unless its caller's signal ended it. */
export async function emitEnd<R extends Result<unknown>>(
  engine: Engine,
  call: CallName,
  signal: AbortSignal | undefined,
  work: () => Promise<R>,
): Promise<R> {
  try {
    const result = await work();
    if (result.recovered) engine.emit({ type: 'recovered', call, how: result.recovered });
    return result;
  } catch (error) {
    if (!signal?.aborted || error !== signal.reason) engine.emit({ type: 'gave-up', call, error: error as Error });
    throw error;
  }
}

/**
 * Runs `work` as the method named `call`. What it returns or throws has a record for each request that was sent, and an error says
 * `unknown` when one of its writes may have happened, whatever went wrong afterwards. Throws a TimeoutError at the deadline.
 */
export async function runOperation<T>(
  engine: Engine,
  call: CallName,
  options: CallOptions,
  work: (operation: Operation) => Promise<Result<T>>,
): Promise<Result<T>> {
  const { signal, idempotencyKey } = options;
  checkHeaderValue('idempotency-key', idempotencyKey);
  const scope = openScope(engine.clock, checkTimeout(options.timeoutMs ?? engine.policy.deadlineMs), signal);
  const attempts: AttemptRecord[] = [];
  let mayHaveHappened = false;

  const send = async (step: ApiCall) => {
    const isRead = step.method === 'GET';
    checkHeaderValue('if-match', step.ifMatch);
    const by = step.isSentOnce ? { ...engine, policy: { ...engine.policy, attempts: 1 } } : engine;
    const end = await sendCall(by, isRead ? step : { ...step, idempotencyKey }, scope);
    attempts.push(...end.attempts);
    if (!('stopReason' in end)) return end;
    mayHaveHappened ||= !isRead && end.outcome !== 'not-applied';
    throw errorFromFailure(end, engine.origin);
  };
  const request = async <V>(step: ApiCall, decode: Decode<V>) => toResult(step, await send(step), decode);
  const ended = (error: unknown) => {
    const isLate = scope.hasExpired && error === scope.signal.reason;
    const late = `${call.method} ${call.path} took longer than it was allowed to; allow more time`;
    const end = isLate ? new TimeoutError(late, { stopReason: 'deadline', retryable: true }) : error;
    if (!(end instanceof KupeError)) return end;
    return amend(end, { attempts, outcome: mayHaveHappened && end.outcome === 'not-applied' ? 'unknown' : end.outcome });
  };

  return emitEnd(engine, call, signal, async () => {
    try {
      return { ...(await work({ send, request, sleep: scope.sleep })), attempts };
    } catch (error) {
      throw ended(error);
    } finally {
      scope.end();
    }
  });
}

/** A method of one call that reads a value. */
export function readOnce<T>(engine: Engine, call: ApiCall, decode: Decode<T>, options: CallOptions = {}): Promise<Result<T>> {
  return runOperation(engine, call, options, (operation) => operation.request(call, decode));
}

/**
 * Waits for the read that is to find out what became of a write that ended in `error`. Where it fails too, `error` is thrown, with the
 * read's error as its cause.
 */
export async function findOut<T>(error: KupeError, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (reason) {
    if (!(reason instanceof KupeError)) throw reason;
    throw amend(error, { cause: error.cause ?? reason });
  }
}
