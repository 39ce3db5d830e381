import { alreadyHas, applied } from './patch-difference.ts';

/** What a 412 after an attempt of unknown outcome means for the update, once the resource was read again. */
export type Resolution =
  /** The resource has what was written: the first attempt has succeeded. */
  | 'applied'
  /** Nothing is left to do, though what was written is not there: another writer has made the change unnecessary. */
  | 'unnecessary'
  /** Applying the change again is safe, whether or not the first attempt has succeeded. */
  | 'apply-again'
  /** The change depends on the state it starts from, so applying it again could apply it twice. Only the caller can decide. */
  | 'ambiguous';

/**
 * Resolves a write whose answer got lost: `sent` was written to `base`, and now `latest` is there. A change that adds nothing to its own
 * result (one that is idempotent) is safe to repeat; any other, an increment for instance, never silently counts as done, because two
 * writers may have written the same value. That is tested on what was sent and on what would be, because a change may have a bound at
 * which it stops.
 */
export function resolveLostWrite<T extends object, P extends object>(
  { base, sent, latest }: { base: T; sent: P; latest: T },
  change: (current: T) => P | undefined,
): Resolution {
  const nextFor = (state: T) => {
    const patch = change(structuredClone(state));
    return patch === undefined || alreadyHas(state, patch) ? undefined : patch;
  };
  if (nextFor(applied(base, sent))) return 'ambiguous';
  const next = nextFor(latest);
  if (next) return nextFor(applied(latest, next)) ? 'ambiguous' : 'apply-again';
  return alreadyHas(latest, sent) ? 'applied' : 'unnecessary';
}
