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
export class RetryBudget {
  private readonly clock: Clock;
  private level = START;
  private atMs: number;

  constructor(clock: Clock) {
    this.clock = clock;
    this.atMs = clock.monotonic();
  }

  /** A call begins. */
  deposit(): void {
    this.level = Math.min(MOST, this.level + SHARE);
  }

  /** Milliseconds until one more retry is covered. */
  waitMs(): number {
    const now = this.clock.monotonic();
    if (this.level < START) this.level = Math.min(START, this.level + ((now - this.atMs) / 1_000) * FLOOR_PER_SECOND);
    this.atMs = now;
    return Math.max(0, ((1 - this.level) / FLOOR_PER_SECOND) * 1_000);
  }

  /** Reserves one retry; the level may go below zero, so that those who come later wait longer. */
  spend(): void {
    this.level -= 1;
  }

  get left(): number {
    return this.level;
  }
}
