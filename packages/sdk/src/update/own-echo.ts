import type { Answer } from '../call.ts';
import { alreadyHas, applied } from './patch-difference.ts';

/** What a 412 after an attempt of unknown outcome turns out to be, once the resource was read again. */
export type Echo =
  /** The change is there: our own first attempt was the one that changed the resource. */
  | 'ours'
  /** Applying the change again is safe, whether or not the first attempt happened. */
  | 'apply-again'
  /** The change depends on what it starts from, so applying it again could apply it twice. Only the caller can tell. */
  | 'cannot-tell';

/**
 * Resolves the echo of our own write. A transform whose second application changes nothing is safe to repeat; any other, an increment
 * for instance, never silently counts as done: two writers may have written the same value.
 */
export function resolveEcho<T extends object, P extends object>(latest: Answer<T>, change: (current: T) => P | undefined): Echo {
  const next = change(structuredClone(latest.value));
  if (next === undefined || alreadyHas(latest.value, next)) return 'ours';
  const after = applied(latest.value, next);
  const again = change(structuredClone(after));
  return again === undefined || alreadyHas(after, again) ? 'apply-again' : 'cannot-tell';
}
