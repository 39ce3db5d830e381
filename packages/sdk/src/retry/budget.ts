import type { Clock } from '@openkupe/contract/clock';

/** Every call pays in this share of a retry. */
const SHARE = 0.2;
/** Retries per second that are allowed whatever the number of calls. */
const FLOOR_PER_SECOND = 2;
const MOST = 100;
const START = 10;

/**
 * Bounds what retries add to the load of a server in trouble: a fifth of the calls plus two a second, shared by the client. A retry
 * that is not covered waits until it is. A 429 costs nothing: nothing was executed.
 */
export interface RetryBudget {
  /** Retries that are covered now; negative when some are reserved ahead. */
  readonly left: number;
  /** A call begins. */
  deposit(): void;
  /** Milliseconds until one more retry is covered. */
  waitMs(): number;
  /** Reserves one retry; the level may go below zero, so that those who come later wait longer. */
  spend(): void;
}

export function createRetryBudget(clock: Clock): RetryBudget {
  let level = START;
  let atMs = clock.monotonic();
  return {
    get left() {
      return level;
    },
    deposit() {
      level = Math.min(MOST, level + SHARE);
    },
    waitMs() {
      const now = clock.monotonic();
      if (level < START) level = Math.min(START, level + ((now - atMs) / 1_000) * FLOOR_PER_SECOND);
      atMs = now;
      return Math.max(0, ((1 - level) / FLOOR_PER_SECOND) * 1_000);
    },
    spend() {
      level -= 1;
    },
  };
}
