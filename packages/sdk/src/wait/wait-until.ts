import type { Answer } from '../call.ts';
import { openScope } from '../call-scope.ts';
import type { Engine } from '../engine.ts';
import { NotFoundError, TimeoutError } from '../errors/by-status.ts';
import { KupeError } from '../errors/kupe-error.ts';

export interface WaitProgress<T> {
  /** The resource as last seen, `undefined` while it does not exist. */
  readonly current: T | undefined;
  readonly elapsedMs: number;
  readonly polls: number;
  /** When it is looked at again. */
  readonly nextPollMs: number;
}

export interface WaitOptions<T> {
  /** How long to wait at most; 15 minutes when absent. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Called after every look that did not yet show what is waited for. */
  readonly onProgress?: (progress: WaitProgress<T>) => void;
}

export interface Watched<T> {
  readonly description: string;
  /** Looks once; throws NotFoundError when there is nothing. */
  look(options: { signal: AbortSignal; timeoutMs: number }): Promise<Answer<T>>;
  isReached(current: T | undefined): boolean;
  /** Whether an absence is a state to wait in rather than an error. */
  mayBeAbsent(): boolean;
}

const WAIT_TIMEOUT_MS = 15 * 60_000;
const FIRST_POLL_MS = 1_000;
const LONGEST_POLL_MS = 30_000;

/** A tenth of what has passed, between 1 and 30 s, give or take a tenth, so that a long wait costs few looks. */
export function pollIntervalMs(elapsedMs: number, chance: number): number {
  const plainMs = Math.min(LONGEST_POLL_MS, Math.max(FIRST_POLL_MS, elapsedMs / 10));
  return Math.round(plainMs * (0.9 + 0.2 * chance));
}

/**
 * Looks again and again until the condition holds. Not a retry: it has a deadline of its own, and an outage in between does not end
 * it. Throws a TimeoutError that says what was last seen, or the first error that waiting cannot cure.
 */
export async function waitUntil<T>(engine: Engine, watched: Watched<T>, options: WaitOptions<T> = {}): Promise<Answer<T | undefined>> {
  const { clock, random } = engine;
  const timeoutMs = options.timeoutMs ?? WAIT_TIMEOUT_MS;
  const scope = openScope(clock, timeoutMs, options.signal);
  const startedAt = clock.monotonic();
  let seen: Answer<T | undefined> = { value: undefined, attempts: [] };
  let trouble: KupeError | undefined;
  try {
    for (let polls = 1; ; polls++) {
      try {
        seen = await watched.look({ signal: scope.signal, timeoutMs: scope.leftMs() });
        trouble = undefined;
        if (watched.isReached(seen.value)) return seen;
      } catch (error) {
        if (!(error instanceof KupeError)) throw error;
        if (error instanceof NotFoundError) {
          seen = { value: undefined, attempts: error.attempts };
          if (watched.isReached(undefined)) return seen;
          if (!watched.mayBeAbsent()) throw error;
        } else if (!error.retryable) throw error;
        trouble = error;
      }
      const elapsedMs = clock.monotonic() - startedAt;
      const intervalMs = pollIntervalMs(elapsedMs, random.unit());
      const nextPollMs = Math.max(intervalMs, (trouble?.retryAt?.getTime() ?? 0) - clock.now());
      options.onProgress?.({ current: seen.value, elapsedMs, polls, nextPollMs });
      await scope.sleep(nextPollMs);
    }
  } catch (error) {
    if (!scope.hasExpired) throw error;
    const { attempts } = seen;
    const details = { stopReason: 'deadline', retryable: true, attempts, ...(trouble ? { cause: trouble } : {}) } as const;
    throw new TimeoutError(`${watched.description} within ${timeoutMs} ms; wait longer, or look at its status`, details);
  } finally {
    scope.end();
  }
}
