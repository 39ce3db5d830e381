import { alreadyHas, applied } from './patch-difference.ts';

/** What a 412 after an attempt of unknown outcome turns out to be, once the resource was read again. */
export type Echo =
  /** What was written is there, and nothing is left to do. */
  | 'ours'
  /** Nothing is left to do, though what was written is not there: others have settled it. */
  | 'settled'
  /** Applying the change again is safe, whether or not the first attempt happened. */
  | 'apply-again'
  /** The change depends on what it starts from, so applying it again could apply it twice. Only the caller can tell. */
  | 'cannot-tell';

/**
 * Resolves the echo of our own write: `sent` was written to `base`, an answer got lost, and now `latest` is there. A change that adds
 * nothing to its own result is safe to repeat; any other, an increment for instance, never silently counts as done, because two writers
 * may have written the same value. That is asked of what was sent and of what would be, for a change may have a bound where it rests.
 */
export function resolveEcho<T extends object, P extends object>(
  { base, sent, latest }: { base: T; sent: P; latest: T },
  change: (current: T) => P | undefined,
): Echo {
  const nextFor = (state: T) => {
    const patch = change(structuredClone(state));
    return patch === undefined || alreadyHas(state, patch) ? undefined : patch;
  };
  if (nextFor(applied(base, sent))) return 'cannot-tell';
  const next = nextFor(latest);
  if (next) return nextFor(applied(latest, next)) ? 'cannot-tell' : 'apply-again';
  return alreadyHas(latest, sent) ? 'ours' : 'settled';
}
