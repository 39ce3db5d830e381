import type { Clock } from '@openkupe/contract';
import type { ClusterObserved } from '../../store/resource.ts';

/** How long this process has worked on pending changes. Deadlines count this time, so steps of the wall clock do not move them. */
export interface Stopwatch {
  /** Milliseconds since `pending` was first seen under `key`; 0 without one. A different `pending` restarts the count. */
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
