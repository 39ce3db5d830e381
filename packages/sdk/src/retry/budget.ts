import type { Clock } from '@openkupe/contract/clock';
import { createAlarm } from '../alarm.ts';
import { joinQueue, type Waiter } from '../wait-queue.ts';

/** Every call pays in this share of a retry. */
const SHARE = 0.2;
/** Retries per second that are allowed whatever the number of calls. */
const FLOOR_PER_SECOND = 2;
const MOST = 100;
const START = 10;
/** Rounding errors of sums of shares stay far below this. */
const NEARLY = 1e-6;

/**
 * Bounds what retries add to the load of a server in trouble: a fifth of the calls plus two a second, shared by the client. A retry
 * that is not covered waits in line until it is. One that succeeds costs nothing, so that a passing trouble is made up for at once. A
 * 429 costs nothing either: nothing was executed.
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

export function createRetryBudget(clock: Clock): RetryBudget {
  const line: Waiter<void, object>[] = [];
  let level = START;
  let atMs = clock.monotonic();

  const pump = () => {
    const now = clock.monotonic();
    if (level < START) level = Math.min(START, level + ((now - atMs) / 1_000) * FLOOR_PER_SECOND);
    atMs = now;
    while (level >= 1 - NEARLY && line.length > 0) {
      level -= 1;
      line.shift()?.grant();
    }
    wakeAt(line.length > 0 ? now + ((1 - level) / FLOOR_PER_SECOND) * 1_000 : undefined);
  };
  const wakeAt = createAlarm(clock, pump);
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
      const taken = joinQueue(line, {}, signal, pump);
      pump();
      return taken;
    },
  };
}
