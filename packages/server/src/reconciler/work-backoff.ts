import type { Random } from '@openkupe/contract';

/** Exponential backoff with jitter per key, in memory: after a restart every key may be tried at once. */
export interface WorkBackoff {
  /** Counts one more failure in a row; returns the wait in milliseconds. */
  failed(key: string): { readonly failures: number; readonly delayMs: number };
  /** Forgets the key's failures. */
  succeeded(key: string): void;
}

const FIRST_MS = 1_000;
const LONGEST_MS = 5 * 60_000;

/** Doubles from one second to five minutes and draws from the upper half, so that keys which failed together are not retried together. */
export function createWorkBackoff(random: Random): WorkBackoff {
  const failuresOf = new Map<string, number>();
  return {
    failed(key) {
      const failures = (failuresOf.get(key) ?? 0) + 1;
      failuresOf.set(key, failures);
      const fullMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 30));
      return { failures, delayMs: Math.round(fullMs * (0.5 + random.unit() / 2)) };
    },
    succeeded(key) {
      failuresOf.delete(key);
    },
  };
}
