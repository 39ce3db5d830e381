import type { Result } from '../call.ts';
import type { Engine } from '../engine.ts';
import { DecodeError, PreconditionFailedError } from '../errors/by-status.ts';
import { amend, KupeError } from '../errors/kupe-error.ts';
import { findOut, type Operation, runOperation } from '../operation.ts';
import { checkPatch } from './check-patch.ts';
import { conflictError } from './conflict-report.ts';
import { alreadyHas } from './patch-difference.ts';
import { type Resolution, resolveLostWrite } from './resolve-lost-write.ts';
import { type Updatable, write } from './updatable.ts';

/** What `update` takes last. */
export interface UpdateOptions {
  /** Ends the update at once; the signal's own reason is thrown. */
  readonly signal?: AbortSignal;
  /** The deadline of the whole update in milliseconds, all its rounds and waits included. */
  readonly timeoutMs?: number;
  /** Rounds of reading, applying and writing before an update that keeps losing gives up; 8 when absent, the page's script takes 3. */
  readonly rounds?: number;
}

const ROUNDS = 8;
/**
 * In these rounds the representation that a 412 carries is used at once; in later ones it would be stale after the wait. One is enough for
 * a race of two. Of 50 writers fewer succeed with more, because the losers would collide again at once; see bench/client.
 */
const ROUNDS_AT_ONCE = 1;
const LONGEST_WAIT_MS = 2_000;

/** Full jitter on the scale of a round trip: the loser of a race between two waits about as long as the race takes. */
function conflictWaitMs(round: number, roundTripMs: number, chance: number): number {
  return Math.ceil(chance * Math.min(LONGEST_WAIT_MS, Math.max(1, roundTripMs) * 2 ** round));
}

function checkRounds(rounds: number): number {
  if (Number.isInteger(rounds) && rounds >= 1) return rounds;
  throw new RangeError(`rounds is ${String(rounds)}; give a whole number from 1`);
}

/** The version for `If-Match`. Throws a DecodeError without one: the write could overwrite what others wrote after the read. */
function versionOf(path: string, { etag }: Result<object>): string {
  if (etag !== undefined) return etag;
  throw new DecodeError(`${path} was answered without an ETag, so updating it could undo what others write; patch it if that may be`);
}

/** What a 412 after a lost answer means. Throws it when that is ambiguous; an error of the caller's `change` is then its cause. */
function resolutionOf<T extends object, P extends object>(
  error: PreconditionFailedError,
  states: { base: T; sent: P; latest: T },
  change: (current: T) => P | undefined,
): Exclude<Resolution, 'ambiguous'> {
  try {
    const resolution = resolveLostWrite(states, change);
    if (resolution !== 'ambiguous') return resolution;
  } catch (cause) {
    amend(error, { cause });
  }
  throw amend(error, { retryable: false });
}

/** The current value for the conflict report; `undefined` when it cannot be read. */
async function readForReport<T extends object>(operation: Operation, target: Updatable<T>): Promise<T | undefined> {
  try {
    return (await operation.request(target.reading, target.decode)).value;
  } catch (error) {
    if (error instanceof KupeError) return undefined;
    throw error;
  }
}

/**
 * Reads, applies `apply`, and writes with If-Match; on 412 begins again from the read. "Re-fetch the resource, apply your change against
 * the new state, and retry." `apply` gets a copy and may be called several times; `undefined`, or a patch that changes nothing, ends
 * the update without a write. Throws a PreconditionFailedError with a three-way report when every round lost, and one with outcome
 * `unknown` when an answer got lost and `apply` is not safe to apply twice.
 */
export async function readModifyWrite<T extends object, P extends object>(
  engine: Engine,
  target: Updatable<T>,
  apply: (current: T) => P | undefined,
  options: UpdateOptions = {},
): Promise<Result<T>> {
  const change = (current: T) => checkPatch(apply(current));
  const rounds = checkRounds(options.rounds ?? ROUNDS);
  const call = { method: 'PATCH', path: target.path };
  let base: T | undefined;
  let known: Result<T> | undefined;
  let roundTripMs = Number.POSITIVE_INFINITY;
  return runOperation(engine, call, options, async (operation) => {
    for (let round = 1; ; round++) {
      const current = known ?? (await operation.request(target.reading, target.decode));
      known = undefined;
      base ??= current.value;
      roundTripMs = Math.min(roundTripMs, current.attempts.at(-1)?.durationMs ?? roundTripMs);
      const patch = change(structuredClone(current.value));
      if (patch === undefined || alreadyHas(current.value, patch)) return current;
      const ifMatch = versionOf(target.path, current);
      try {
        return await write(operation, target, { body: patch, ifMatch });
      } catch (error) {
        if (!(error instanceof PreconditionFailedError)) throw error;
        if (error.outcome === 'unknown') {
          known = await findOut(error, operation.request(target.reading, target.decode));
          const resolution = resolutionOf(error, { base: current.value, sent: patch, latest: known.value }, change);
          if (resolution === 'applied') return { ...known, recovered: 'already-applied' };
          if (resolution === 'unnecessary') return known;
        }
        engine.emit({ type: 'conflict', call, round, rounds });
        if (round >= rounds) {
          const met = (known?.value ?? error.current?.value ?? (await readForReport(operation, target))) as T | undefined;
          throw conflictError(error, target.path, { base, wanted: patch, current: met, rounds });
        }
        if (known) continue;
        const carried = error.current && target.decode(error.current.value);
        if (error.current && carried && round <= ROUNDS_AT_ONCE) {
          known = { value: carried, etag: error.current.etag, attempts: error.attempts };
        } else await operation.sleep(conflictWaitMs(round, roundTripMs, engine.random.unit()));
      }
    }
  });
}
