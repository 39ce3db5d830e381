import type { Clock } from '@openkupe/contract/clock';
import { createTimer } from '../reschedulable-timer.ts';
import { joinQueue, type Waiter } from '../wait-queue.ts';

/** Every call adds this share of a retry. */
const SHARE = 0.2;
/** Retries per second that are allowed whatever the number of calls. */
const FLOOR_PER_SECOND = 2;
const MOST = 100;
const START = 10;
/** Rounding errors of sums of shares stay far below this. */
const NEARLY = 1e-6;

/**
 * A retry budget, as Finagle's: retries may add a fifth of the calls plus two a second to the load of a failing server, shared by all calls
 * of the credential. A retry that is not covered waits in a queue until it is. One that succeeds is given back, so that a short failure of
 * many calls is repeated at once. A retry after a 429 takes nothing: nothing was executed.
 */
export interface RetryBudget {
  /** Retries that are covered now. */
  readonly left: number;
  /** A call begins. */
  deposit(): void;
  /** Takes one retry, waiting until it is covered. Throws the signal's reason when it aborts. */
  take(signal: AbortSignal): Promise<void>;
  /** The retry that was taken has succeeded. */
  giveBack(): void;
}

/** A {@link RetryBudget} with ten retries to begin with. */
export function createRetryBudget(clock: Clock): RetryBudget {
  const queue: Waiter<void, object>[] = [];
  let level = START;
  let atMs = clock.monotonic();

  const pump = () => {
    const now = clock.monotonic();
    if (level < START) level = Math.min(START, level + ((now - atMs) / 1_000) * FLOOR_PER_SECOND);
    atMs = now;
    while (level >= 1 - NEARLY && queue.length > 0) {
      level -= 1;
      queue.shift()?.grant();
    }
    timer.set(queue.length > 0 ? now + ((1 - level) / FLOOR_PER_SECOND) * 1_000 : undefined);
  };
  const timer = createTimer(clock, pump);
  const add = (share: number) => {
    level = Math.min(MOST, level + share);
    pump();
  };
  return {
    get left() {
      return level;
    },
    deposit: () => add(SHARE),
    giveBack: () => add(1),
    take(signal) {
      const taken = joinQueue(queue, {}, signal, pump);
      pump();
      return taken;
    },
  };
}
