import type { Clock } from '@openkupe/contract';

/**
 * The clock by which work is due, shared by the processes on a database: milliseconds that each process counts by its monotonic clock from where
 * the database says that the clock was. The largest count wins whenever something is written (as with Lamport's clocks), so it never goes
 * back, runs while one process runs, and moves with no wall clock.
 */
export interface StoreClock {
  /** What the clock says, by this process. */
  now(): number;
  /** What the clock says once it is known what `stored` says: moves to it where that is further. */
  catchUp(stored: number): number;
}

/** Starts to count at 0, until it catches up with what is stored. */
export function createStoreClock(clock: Pick<Clock, 'monotonic'>): StoreClock {
  let offset = -clock.monotonic();
  const now = () => offset + clock.monotonic();
  return {
    now,
    catchUp(stored) {
      offset += Math.max(0, stored - now());
      return now();
    },
  };
}
