import type { Answer, ApiCall, CallOptions, Exchange } from './call.ts';
import { carryOut } from './carry-out.ts';
import type { Engine } from './engine.ts';
import { TimeoutError } from './errors/by-status.ts';
import { amend, KupeError } from './errors/kupe-error.ts';
import type { CallName } from './events.ts';
import type { AttemptRecord } from './retry/trace.ts';

/** One call of an operation; its signal, its time and the telling of its end are the operation's. */
export type Step = Omit<ApiCall, 'options'>;

/** A write that happens only if the resource still has that ETag, if one is given. */
export function guarded(step: Step, ifMatch: string | undefined): Step {
  return ifMatch === undefined ? step : { ...step, ifMatch };
}

/** What a caller asked for with one method, made of one or more calls that share a deadline and a trail of attempts. */
export interface Operation {
  /** Carries out one call of it with what is left of the time, in as many attempts as the policy allows. A write gets the caller's idempotency key. */
  send(step: Step): Promise<Exchange>;
  /** As `send`, in one attempt: for a look that may help, and that a server in trouble is not to be asked for again and again. */
  sendOnce(step: Step): Promise<Exchange>;
  /** Waits, at most until the deadline, after which nothing more is sent. */
  sleep(ms: number): Promise<void>;
}

/** The milliseconds of a `timeoutMs`. Throws a RangeError for anything else. */
export function checkTimeout(timeoutMs: number): number {
  if (typeof timeoutMs === 'number' && timeoutMs >= 0) return timeoutMs;
  throw new RangeError(`timeoutMs is ${String(timeoutMs)}; give milliseconds from 0`);
}

/** Tells how an operation ended, once: recovered or given up. Its caller's own abort is not told. */
export async function tellEnd<A extends Answer<unknown>>(
  engine: Engine,
  { method, path }: CallName,
  signal: AbortSignal | undefined,
  work: () => Promise<A>,
): Promise<A> {
  const call = { method, path };
  try {
    const answer = await work();
    if (answer.recovered) engine.emit({ type: 'recovered', call, how: answer.recovered });
    return answer;
  } catch (error) {
    if (!signal?.aborted || error !== signal.reason) engine.emit({ type: 'gave-up', call, error: error as Error });
    throw error;
  }
}

/**
 * Runs `work` as one operation named `call`. What it returns or throws has a record for each time that something was sent, and an error
 * says `unknown` when one of its writes may have happened, whatever went wrong afterwards.
 */
export async function runOperation<T>(
  engine: Engine,
  call: CallName,
  options: CallOptions,
  work: (operation: Operation) => Promise<Answer<T>>,
): Promise<Answer<T>> {
  const { clock } = engine;
  const { idempotencyKey: _, ...forReads } = options;
  const endsAt = clock.monotonic() + checkTimeout(options.timeoutMs ?? engine.policy.deadlineMs);
  const leftMs = () => endsAt - clock.monotonic();
  const attempts: AttemptRecord[] = [];
  let isLeftOpen = false;

  const late = `${call.method} ${call.path} took longer than it was allowed to; allow more time`;
  const send = async (by: Engine, step: Step) => {
    const isRead = step.method === 'GET';
    if (leftMs() <= 0) throw new TimeoutError(late, { stopReason: 'deadline', retryable: true });
    try {
      const own = { ...(isRead ? forReads : options), timeoutMs: leftMs() };
      const exchange = await carryOut(by, { ...step, options: own });
      attempts.push(...exchange.attempts);
      return exchange;
    } catch (error) {
      if (error instanceof KupeError) {
        attempts.push(...error.attempts);
        isLeftOpen ||= !isRead && error.outcome !== 'not-applied';
      }
      throw error;
    }
  };
  const operation: Operation = {
    send: (step) => send(engine, step),
    sendOnce: (step) => send({ ...engine, policy: { ...engine.policy, attempts: 1 } }, step),
    async sleep(ms) {
      await clock.sleep(Math.min(ms, leftMs()), options.signal);
      options.signal?.throwIfAborted();
    },
  };

  return tellEnd(engine, call, options.signal, async () => {
    try {
      return { ...(await work(operation)), attempts };
    } catch (error) {
      if (!(error instanceof KupeError)) throw error;
      throw amend(error, { attempts, outcome: isLeftOpen && error.outcome === 'not-applied' ? 'unknown' : error.outcome });
    }
  });
}

/** Looks what became of a write that ended in `error`. Where the look fails too, that error stands, and the look's is its cause. */
export async function lookInto<T>(error: KupeError, look: Promise<T>): Promise<T> {
  try {
    return await look;
  } catch (reason) {
    if (!(reason instanceof KupeError)) throw reason;
    throw amend(error, { cause: error.cause ?? reason });
  }
}
