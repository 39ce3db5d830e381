import type { Answer } from '../call.ts';
import { type CallScope, openScope } from '../call-scope.ts';
import type { Engine } from '../engine.ts';
import { NotFoundError, TimeoutError } from '../errors/by-status.ts';
import { KupeError } from '../errors/kupe-error.ts';
import { onlyWatching } from '../listen.ts';
import { checkTimeout } from '../operation.ts';

export interface WaitProgress<T> {
  /** The resource as last seen, `undefined` while it does not exist. */
  readonly current: T | undefined;
  readonly elapsedMs: number;
  readonly polls: number;
  /** In how many milliseconds it is looked at again. */
  readonly nextPollMs: number;
}

export interface WaitOptions<T> {
  /** How long to wait at most, in milliseconds; 15 minutes when absent. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Called after every look that did not yet show what is waited for. */
  readonly onProgress?: (progress: WaitProgress<T>) => void;
}

/** What one look saw. */
export interface Look<T> {
  readonly answer: Answer<T>;
  /** When the server suggests to look again, in milliseconds. */
  readonly hintMs?: number;
}

export interface Watched<T> {
  /** The start of the sentence when time runs out, e.g. `Cluster "a" was not Running`. */
  readonly description: string;
  /** Looks once; a result that is `freshMs` old will do. Throws NotFoundError when there is nothing. */
  look(scope: CallScope, freshMs: number): Promise<Look<T>>;
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

type Seen<T> = Look<T | undefined> & { readonly trouble?: KupeError };

/** Looks once. An absence that may be, and trouble that may pass, are things seen; everything else is thrown. */
async function seeOnce<T>(watched: Watched<T>, scope: CallScope, freshMs: number, before: Seen<T>): Promise<Seen<T>> {
  try {
    return await watched.look(scope, freshMs);
  } catch (error) {
    if (!(error instanceof KupeError)) throw error;
    if (error instanceof NotFoundError) {
      const absent = { value: undefined, attempts: error.attempts };
      if (watched.isReached(undefined) || watched.mayBeAbsent()) return { answer: absent, trouble: error };
    } else if (error.retryable) return { answer: before.answer, trouble: error };
    throw error;
  }
}

/** When to look next: as the server suggests, and once more before the time is over; but never before an error said to come back. */
function nextPollMs(engine: Engine, { hintMs = 0, trouble }: Seen<unknown>, { elapsedMs, leftMs }: { elapsedMs: number; leftMs: number }) {
  const plannedMs = hintMs >= FIRST_POLL_MS ? hintMs : pollIntervalMs(elapsedMs, engine.random.unit());
  const inTimeMs = leftMs > 2 * FIRST_POLL_MS ? Math.min(plannedMs, leftMs - FIRST_POLL_MS) : plannedMs;
  return Math.max(inTimeMs, (trouble?.retryAt?.getTime() || 0) - engine.clock.now());
}

/**
 * Looks again and again until the condition holds. Not a retry: it has a deadline of its own, and an outage in between does not end
 * it. The server's hint decides when to look next, else a tenth of the time that has passed. Throws a TimeoutError that says what was
 * last seen, or the first error that waiting cannot cure.
 */
export async function waitUntil<T>(engine: Engine, watched: Watched<T>, options: WaitOptions<T> = {}): Promise<Answer<T | undefined>> {
  const { clock } = engine;
  const timeoutMs = checkTimeout(options.timeoutMs ?? WAIT_TIMEOUT_MS);
  const tell = onlyWatching(options.onProgress);
  const scope = openScope(clock, timeoutMs, options.signal);
  const startedAt = clock.monotonic();
  let seen: Seen<T> = { answer: { value: undefined, attempts: [] } };
  let freshMs = 0;
  try {
    for (let polls = 1; ; polls++) {
      seen = await seeOnce(watched, scope, freshMs, seen);
      const { answer, trouble } = seen;
      const isSeen = !trouble || trouble instanceof NotFoundError;
      if (isSeen && watched.isReached(answer.value)) return answer;
      const elapsedMs = clock.monotonic() - startedAt;
      const waitMs = nextPollMs(engine, seen, { elapsedMs, leftMs: scope.leftMs() });
      tell({ current: answer.value, elapsedMs, polls, nextPollMs: waitMs });
      await scope.sleep(waitMs);
      freshMs = waitMs / 2;
    }
  } catch (error) {
    if (!scope.hasExpired) throw error;
    const { answer, trouble } = seen;
    const details = { stopReason: 'deadline', retryable: true, attempts: answer.attempts, ...(trouble ? { cause: trouble } : {}) } as const;
    throw new TimeoutError(`${watched.description} within ${timeoutMs} ms; wait longer, or look at its status`, details);
  } finally {
    scope.end();
  }
}
