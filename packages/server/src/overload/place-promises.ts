/**
 * Promises refused callers the places that come free, one each, at the speed at which requests finish while there are any, and remembers
 * to whom: whoever comes back in its time is let in before newcomers, or those who are in would only ever make room for each other.
 */
export interface PlacePromises {
  /** Notes that a request began where none ran. */
  busy(nowMs: number): void;
  /** Notes that a request left its place for a while. */
  left(nowMs: number): void;
  /** Notes that a request finished. */
  finished(nowMs: number): void;
  /**
   * In how many milliseconds the next place is free that nobody has been promised, and at most so many a second: seconds are told in whole
   * numbers, so all who were promised a place within one of them may come in its last moment.
   */
  make(caller: string, mostPerSecond: number, nowMs: number): number;
  /** Whether a caller comes in the time it was promised. A promise is good for once. */
  redeem(caller: string, nowMs: number): boolean;
}

/** Idle time tells nothing about the speed, so a window is this much time in which something ran, however long ago it began. */
const WINDOW_MS = 250;
const WEIGHT_OF_NEWEST = 0.5;
/** Before anything was measured. */
const FIRST_GUESS_PER_MS = 0.1;
const LONGEST_PROMISE_MS = 30_000;
/** Whole seconds are told, and clients add some jitter of their own. */
const GOOD_FOR_MS = 5_000;
/** Promises that are remembered at the same time; those beyond are advice. */
const REMEMBERED = 20_000;

interface RememberedPromise {
  readonly caller: string;
  readonly dueMs: number;
  isOpen: boolean;
}

/** Who was promised what, in the order in which it was promised, which is also that in which it is due. */
function createMemory() {
  const byCaller = new Map<string, RememberedPromise[]>();
  let all: RememberedPromise[] = [];
  let first = 0;

  const close = (promise: RememberedPromise) => {
    promise.isOpen = false;
    const own = byCaller.get(promise.caller);
    own?.shift();
    if (own?.length === 0) byCaller.delete(promise.caller);
  };
  const forgetOld = (nowMs: number) => {
    for (let oldest = all[first]; oldest && (!oldest.isOpen || oldest.dueMs + GOOD_FOR_MS < nowMs); oldest = all[first]) {
      if (oldest.isOpen) close(oldest);
      first += 1;
    }
    if (first < REMEMBERED) return;
    all = all.slice(first);
    first = 0;
  };

  return {
    add(caller: string, dueMs: number, nowMs: number): void {
      forgetOld(nowMs);
      if (all.length - first >= REMEMBERED) return;
      const promise = { caller, dueMs, isOpen: true };
      all.push(promise);
      const own = byCaller.get(caller);
      if (own) own.push(promise);
      else byCaller.set(caller, [promise]);
    },
    redeem(caller: string, nowMs: number): boolean {
      forgetOld(nowMs);
      const promise = byCaller.get(caller)?.[0];
      if (!promise || promise.dueMs > nowMs) return false;
      close(promise);
      return true;
    },
  };
}

export function createPlacePromises(): PlacePromises {
  let sinceMs = 0;
  let busyMs = 0;
  let finished = 0;
  let perMs: number | undefined;
  let promisedMs = 0;
  const memory = createMemory();

  const passTime = (nowMs: number) => {
    busyMs += nowMs - sinceMs;
    sinceMs = nowMs;
  };

  return {
    busy(nowMs) {
      sinceMs = nowMs;
    },
    left: passTime,
    finished(nowMs) {
      passTime(nowMs);
      finished += 1;
      if (busyMs < WINDOW_MS) return;
      const measured = finished / busyMs;
      perMs = perMs === undefined ? measured : perMs + WEIGHT_OF_NEWEST * (measured - perMs);
      busyMs = 0;
      finished = 0;
    },
    make(caller, mostPerSecond, nowMs) {
      const pacePerMs = Math.min(perMs ?? FIRST_GUESS_PER_MS, mostPerSecond / 1000);
      promisedMs = Math.min(Math.max(promisedMs, nowMs) + 1 / pacePerMs, nowMs + LONGEST_PROMISE_MS);
      memory.add(caller, promisedMs, nowMs);
      return promisedMs - nowMs;
    },
    redeem: memory.redeem,
  };
}
