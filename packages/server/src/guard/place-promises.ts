/** Promises refused callers the places that come free, one each, at the speed at which requests finish while there are any. */
export interface PlacePromises {
  /** Notes that a request began where none ran. */
  busy(nowMs: number): void;
  /** Notes that a request left its place for a while. */
  left(nowMs: number): void;
  /** Notes that a request finished. */
  finished(nowMs: number): void;
  /** In how many milliseconds the next place is free that nobody has been promised. */
  next(nowMs: number): number;
}

/** Idle time tells nothing about the speed, so a window is this much time in which something ran, however long ago it began. */
const WINDOW_MS = 250;
const WEIGHT_OF_NEWEST = 0.5;
/** Before anything was measured. */
const FIRST_GUESS_PER_MS = 0.1;
const LONGEST_PROMISE_MS = 30_000;

export function createPlacePromises(): PlacePromises {
  let sinceMs = 0;
  let busyMs = 0;
  let finished = 0;
  let perMs: number | undefined;
  let promisedMs = 0;
  const count = (nowMs: number) => {
    busyMs += nowMs - sinceMs;
    sinceMs = nowMs;
  };
  return {
    busy(nowMs) {
      sinceMs = nowMs;
    },
    left: count,
    finished(nowMs) {
      count(nowMs);
      finished += 1;
      if (busyMs < WINDOW_MS) return;
      const measured = finished / busyMs;
      perMs = perMs === undefined ? measured : perMs + WEIGHT_OF_NEWEST * (measured - perMs);
      busyMs = 0;
      finished = 0;
    },
    next(nowMs) {
      promisedMs = Math.min(Math.max(promisedMs, nowMs) + 1 / (perMs ?? FIRST_GUESS_PER_MS), nowMs + LONGEST_PROMISE_MS);
      return promisedMs - nowMs;
    },
  };
}
