/**
 * How many requests run, and how many finish per millisecond while any does. Idle time is left out, because it says nothing about the speed
 * of the process.
 */
export interface Throughput {
  readonly running: number;
  readonly perMs: number;
  /** Notes at `nowMs` that a request begins to run. */
  begin(nowMs: number): void;
  /** Notes that one stops running: `isFinished` is false for one that only waits for its client. */
  end(nowMs: number, isFinished: boolean): void;
}

/** A measurement covers this much busy time. */
const WINDOW_MS = 250;
const WEIGHT_OF_NEWEST = 0.5;
/** Before anything was measured. */
const FIRST_GUESS_PER_MS = 0.1;

/** Makes a {@link Throughput} of which nothing is measured yet. */
export function createThroughput(): Throughput {
  let running = 0;
  let perMs = FIRST_GUESS_PER_MS;
  let finished = 0;
  let busyMs = 0;
  let sinceMs = 0;

  const passTime = (nowMs: number) => {
    if (running > 0) busyMs += nowMs - sinceMs;
    sinceMs = nowMs;
  };

  return {
    get running() {
      return running;
    },
    get perMs() {
      return perMs;
    },
    begin(nowMs) {
      passTime(nowMs);
      running += 1;
    },
    end(nowMs, isFinished) {
      passTime(nowMs);
      running -= 1;
      if (isFinished) finished += 1;
      if (busyMs < WINDOW_MS) return;
      perMs += WEIGHT_OF_NEWEST * (finished / busyMs - perMs);
      busyMs = 0;
      finished = 0;
    },
  };
}
