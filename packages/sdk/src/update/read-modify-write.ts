import type { Answer } from '../call.ts';
import { type CallScope, openScope } from '../call-scope.ts';
import type { Engine } from '../engine.ts';
import { PreconditionFailedError, TimeoutError } from '../errors/by-status.ts';
import { KupeError } from '../errors/kupe-error.ts';
import { conflictError } from './conflict-report.ts';
import { resolveEcho } from './own-echo.ts';
import { alreadyHas } from './patch-difference.ts';

/** What an update needs to know about the resource it changes. */
export interface Updatable<T extends object, P extends object> {
  readonly path: string;
  read(scope: CallScope): Promise<Answer<T>>;
  write(patch: P, ifMatch: string | undefined, scope: CallScope): Promise<Answer<T>>;
}

export interface UpdateOptions {
  readonly signal?: AbortSignal;
  /** The deadline of the whole update in milliseconds, all its rounds and waits included. */
  readonly timeoutMs?: number;
  /** Rounds of reading, applying and writing before an update that keeps losing gives up; 8 when absent, the page's script takes 3. */
  readonly rounds?: number;
}

const ROUNDS = 8;
/**
 * A representation that a 412 carried is used at once in these rounds; later it would be stale after the wait. One settles a race of two
 * without a read. In a crowd the losers of a second one would meet again at once: fewer of 50 writers get through then, see bench/client.
 */
const ROUNDS_AT_ONCE = 1;
const LONGEST_WAIT_MS = 2_000;

/** Full jitter on the scale of a round trip: the loser of a race between two waits about as long as the race takes. */
function conflictWaitMs(round: number, roundTripMs: number, chance: number): number {
  return Math.ceil(chance * Math.min(LONGEST_WAIT_MS, Math.max(1, roundTripMs) * 2 ** round));
}

function lateError(path: string, isWriting: boolean): TimeoutError {
  return new TimeoutError(`Updating ${path} took longer than it was allowed to; allow more time`, {
    stopReason: 'deadline',
    retryable: true,
    outcome: isWriting ? 'unknown' : 'not-applied',
  });
}

/**
 * Reads, applies `change`, and writes with If-Match; on 412 again from the reading. "Re-fetch the resource, apply your change against
 * the new state, and retry." `change` gets a copy and may be called several times; `undefined`, or a patch that changes nothing, ends
 * the update without a write. Throws a PreconditionFailedError with a three-way report when every round lost, and one with outcome
 * `unknown` when an answer got lost and `change` is not safe to apply twice.
 */
export async function readModifyWrite<T extends object, P extends object>(
  engine: Engine,
  target: Updatable<T, P>,
  change: (current: T) => P | undefined,
  options: UpdateOptions = {},
): Promise<Answer<T>> {
  const rounds = options.rounds ?? ROUNDS;
  const scope = openScope(engine.clock, options.timeoutMs ?? engine.policy.deadlineMs, options.signal);
  const call = { method: 'PATCH', path: target.path };
  let base: T | undefined;
  let known: Answer<T> | undefined;
  let isWriting = false;
  let roundTripMs = Number.POSITIVE_INFINITY;
  try {
    for (let round = 1; ; round++) {
      const current = known ?? (await target.read(scope));
      known = undefined;
      base ??= current.value;
      roundTripMs = Math.min(roundTripMs, current.attempts.at(-1)?.durationMs ?? roundTripMs);
      const patch = change(structuredClone(current.value));
      if (patch === undefined || alreadyHas(current.value, patch)) return current;
      isWriting = true;
      try {
        return await target.write(patch, current.etag, scope);
      } catch (error) {
        if (!(error instanceof PreconditionFailedError)) throw error;
        isWriting = false;
        if (error.outcome === 'unknown') {
          known = await target.read(scope);
          const echo = resolveEcho(known, change);
          if (echo === 'cannot-tell') throw error;
          if (echo === 'ours') {
            engine.emit({ type: 'recovered', call, how: 'already-applied' });
            return { ...known, recovered: 'already-applied' };
          }
        }
        engine.emit({ type: 'conflict', call, round, rounds });
        if (round >= rounds) {
          const met = (error.current?.value ?? (await target.read(scope)).value) as T;
          throw conflictError(error, target.path, { base, wanted: patch, current: met, rounds });
        }
        if (error.current && round <= ROUNDS_AT_ONCE) {
          known ??= { value: error.current.value as T, etag: error.current.etag, attempts: error.attempts };
        } else if (!known) await scope.sleep(conflictWaitMs(round, roundTripMs, engine.random.unit()));
      }
    }
  } catch (error) {
    const isLate = scope.hasExpired && !(error instanceof KupeError);
    const final = isLate ? lateError(target.path, isWriting) : error;
    if (!options.signal?.aborted) engine.emit({ type: 'gave-up', call, error: final as Error });
    throw final;
  } finally {
    scope.end();
  }
}
