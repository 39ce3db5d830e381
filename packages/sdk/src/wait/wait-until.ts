import type { Result } from '../call.ts';
import type { Engine } from '../engine.ts';
import { NotFoundError, TimeoutError } from '../errors/by-status.ts';
import { KupeError } from '../errors/kupe-error.ts';
import { ignoringErrors } from '../events.ts';
import { checkTimeout } from '../operation.ts';
import { openScope, type Scope } from '../scope.ts';
import { type ChangeSignal, createChangeSignal } from './change-signal.ts';

/** What a wait has observed so far. */
export interface WaitProgress<T> {
  /** The resource as last read, `undefined` while it does not exist. */
  readonly current: T | undefined;
  readonly elapsedMs: number;
  readonly polls: number;
  /** In how many milliseconds it is read again. */
  readonly nextPollMs: number;
}

/** What a wait takes last. */
export interface WaitOptions<T> {
  /** How long to wait at most, in milliseconds; 15 minutes when absent. */
  readonly timeoutMs?: number;
  /** Ends the wait at once; the signal's own reason is thrown. */
  readonly signal?: AbortSignal;
  /** Called after every read that did not yet show what is waited for. What it throws is ignored. */
  readonly onProgress?: (progress: WaitProgress<T>) => void;
}

/** What one read has shown. */
export interface Observation<T> {
  readonly result: Result<T>;
  /** When the server suggests to read again, in milliseconds. */
  readonly hintMs?: number;
}

/** What is waited for, and how it is read. */
export interface WaitTarget<T> {
  /** The start of the sentence when time runs out, e.g. `Cluster "a" was not Running`. */
  readonly description: string;
  /** Reads once; a result at most `maxAgeMs` old will do. Throws NotFoundError when there is nothing. */
  observe(scope: Scope, maxAgeMs: number): Promise<Observation<T>>;
  /** Whether the wait is over. */
  isReached(current: T | undefined): boolean;
  /** Whether an absence is a state to wait in rather than an error. */
  mayBeAbsent(): boolean;
  /** Yields when it may have changed, so that it is read at once. It may end, or fail: then it is read by the time alone. */
  readonly changes?: ((signal: AbortSignal) => AsyncIterable<unknown>) | undefined;
}

const WAIT_TIMEOUT_MS = 15 * 60_000;
const FIRST_POLL_MS = 1_000;
const LONGEST_POLL_MS = 30_000;

/** The time to the next read: a tenth of what has passed, between 1 and 30 s, ± a tenth drawn by `chance` in [0, 1). Milliseconds. */
export function pollIntervalMs(elapsedMs: number, chance: number): number {
  const plainMs = Math.min(LONGEST_POLL_MS, Math.max(FIRST_POLL_MS, elapsedMs / 10));
  return Math.round(plainMs * (0.9 + 0.2 * chance));
}

/** An observation, or the last one with the error that stood in the way of a new one. */
type Observed<T> = Observation<T | undefined> & { readonly error?: KupeError };

/** Reads once. An absence that may be, and errors that may pass, are returned; every other error is thrown, and each after the deadline. */
async function observeOnce<T>(target: WaitTarget<T>, scope: Scope, maxAgeMs: number, before: Observed<T>): Promise<Observed<T>> {
  try {
    return await target.observe(scope, maxAgeMs);
  } catch (error) {
    if (scope.hasExpired || !(error instanceof KupeError)) throw error;
    if (error instanceof NotFoundError) {
      const absent = { value: undefined, attempts: error.attempts };
      if (target.isReached(undefined) || target.mayBeAbsent()) return { result: absent, error };
    } else if (error.retryable) return { result: before.result, error };
    throw error;
  }
}

/** When to read next: as the server suggests, and once more before the time is over, but never before the `retryAt` of an error. */
function nextPollMs(
  engine: Engine,
  { hintMs = 0, error }: Observed<unknown>,
  { elapsedMs, leftMs }: { elapsedMs: number; leftMs: number },
) {
  const plannedMs = hintMs >= FIRST_POLL_MS ? hintMs : pollIntervalMs(elapsedMs, engine.random.unit());
  const inTimeMs = leftMs > 2 * FIRST_POLL_MS ? Math.min(plannedMs, leftMs - FIRST_POLL_MS) : plannedMs;
  return Math.max(inTimeMs, (error?.retryAt?.getTime() || 0) - engine.clock.now());
}

/**
 * Reads again and again until the target is reached. Not a retry: it has a deadline of its own, and a service that is down in between does
 * not end it. Throws a TimeoutError that says what was last observed, or the first error that waiting cannot cure.
 */
export async function waitUntil<T>(engine: Engine, target: WaitTarget<T>, options: WaitOptions<T> = {}): Promise<Result<T | undefined>> {
  const { clock } = engine;
  const timeoutMs = checkTimeout(options.timeoutMs ?? WAIT_TIMEOUT_MS);
  const onProgress = ignoringErrors(options.onProgress);
  const scope = openScope(clock, timeoutMs, options.signal);
  const startedAt = clock.monotonic();
  let observed: Observed<T> = { result: { value: undefined, attempts: [] } };
  let maxAgeMs = 0;
  let changes: ChangeSignal | undefined;
  try {
    for (let polls = 1; ; polls++) {
      observed = await observeOnce(target, scope, maxAgeMs, observed);
      const { result, error } = observed;
      const isCurrent = !error || error instanceof NotFoundError;
      if (isCurrent && target.isReached(result.value)) return result;
      // NOTE: not before the first read, which shows whether there is anything to wait for, and whether the credential is valid.
      changes ??= createChangeSignal(clock, target.changes);
      const elapsedMs = clock.monotonic() - startedAt;
      const waitMs = nextPollMs(engine, observed, { elapsedMs, leftMs: scope.leftMs() });
      onProgress({ current: result.value, elapsedMs, polls, nextPollMs: waitMs });
      // NOTE: no event shortens the wait that the server has asked for.
      if (error?.retryAt) await scope.sleep(waitMs);
      const isEarly = await changes.sleep(error?.retryAt ? 0 : waitMs, scope.signal);
      maxAgeMs = isEarly ? 0 : waitMs / 2;
    }
  } catch (reason) {
    if (!scope.hasExpired) throw reason;
    const { result, error } = observed;
    // NOTE: what the read before said is worth more than that the last one was cut off.
    const cause = error ?? (reason instanceof KupeError ? reason : undefined);
    const details = { stopReason: 'deadline', retryable: true, attempts: result.attempts, cause } as const;
    throw new TimeoutError(`${target.description} within ${timeoutMs} ms; wait longer, or look at its status`, details);
  } finally {
    changes?.end();
    scope.end();
  }
}
