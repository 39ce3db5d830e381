import type { Clock } from '@openkupe/contract';
import type { ClusterObserved } from '../../store/resource.ts';

/** How long this process has worked on what is pending. Deadlines count this, so no change of the wall clock moves them. */
export interface Stopwatch {
  /** Milliseconds since `pending` was seen under `key` for the first time; 0 when nothing is pending. Something else under the key starts anew. */
  workedMs(key: string, pending: ClusterObserved['pending']): number;
}

/** Measures by `clock.monotonic()`. Keeps one entry per key that has something pending. */
export function createStopwatch(clock: Pick<Clock, 'monotonic'>): Stopwatch {
  const running = new Map<string, { readonly what: string; readonly startedMs: number }>();
  return {
    workedMs(key, pending) {
      if (!pending) {
        running.delete(key);
        return 0;
      }
      const what = `${pending.generation}/${pending.since}`;
      const known = running.get(key);
      if (known?.what === what) return clock.monotonic() - known.startedMs;
      running.set(key, { what, startedMs: clock.monotonic() });
      return 0;
    },
  };
}
