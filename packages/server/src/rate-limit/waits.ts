/**
 * The waits of refused requests, found again by the request's fingerprint: the keyed hash of who sent it and what it asks for.
 * Requests with one fingerprint are interchangeable. Some waits end with a slot that is kept, a promise; the others are remembered to see
 * which clients obey. A fixed number, 52 bytes each, taken at the start.
 */
export interface Waits {
  readonly bytes: number;
  /** What is outstanding for a fingerprint. */
  find(low: number, high: number, nowMs: number): Outstanding;
  /** Remembers a wait. False if there is no room. */
  add(wait: NewWait): boolean;
  /** Forgets a wait that {@link find} named, and returns it. */
  end(index: number): EndedWait;
  /** Forgets every wait whose request has not come back in its grace, and calls back with each. */
  lapse(nowMs: number, onLapse: (wait: EndedWait) => void): void;
}

/** What is remembered of one wait. */
export interface EndedWait {
  /** Handles of the bucket and of the flow that it belongs to. */
  readonly key: number;
  readonly flow: number;
  readonly cost: number;
  readonly isPromised: boolean;
  /** The slot in the schedule of the limit. */
  readonly slotMs: number;
}

/** One wait, as it begins. */
export interface NewWait extends EndedWait {
  /** The fingerprint. */
  readonly low: number;
  readonly high: number;
  readonly beganMs: number;
  /** When the client was asked to return: the end of its whole seconds, at or after the slot. */
  readonly returnsMs: number;
}

/** The waits of one fingerprint. */
export interface Outstanding {
  readonly count: number;
  /** The promise, and the wait without one, that has been over the longest; -1 for none. */
  readonly duePromise: number;
  readonly dueWait: number;
  readonly firstReturnMs: number;
  readonly lastBeganMs: number;
}

/** A client may return from a little before the end of its wait, because timers fire early, until this long after it. */
const EARLY_MS = 20;
const GRACE_MS = 2000;
const TICK_MS = 250;
/** The share of the room that waits without a promise leave alone. */
const LEFT_FOR_PROMISES = 0.25;
const NONE: Outstanding = Object.freeze({
  count: 0,
  duePromise: -1,
  dueWait: -1,
  firstReturnMs: Number.POSITIVE_INFINITY,
  lastBeganMs: Number.NEGATIVE_INFINITY,
});
/** Columns of whole numbers, and of times. */
const [KEY, FLOW, COST, IS_PROMISED, IN_BUCKET, IN_TICK, INTS] = [0, 1, 2, 3, 4, 5, 6];
const [SLOT, RETURNS, BEGAN, TIMES] = [0, 1, 2, 3];

/** Creates room for this many waits, none of which is longer than the horizon rounded up to a second. */
export function createWaits(most: number, horizonMs: number): Waits {
  const hashes = new Int32Array(most * 2);
  const times = new Float64Array(most * TIMES);
  const ints = new Int32Array(most * INTS);
  // Lists by hash. -1 ends a list.
  const buckets = new Int32Array(most).fill(-1);
  // A wheel of lists, one for each quarter of a second in which waits can lapse. One that ended stays in its list until then.
  const ticks = new Int32Array(Math.ceil((horizonMs + 1000 + GRACE_MS) / TICK_MS) + 2).fill(-1);
  const free = Int32Array.from({ length: most }, (_, at) => at);
  let freeCount = most;
  let tick = 0;
  const int = (index: number, column: number) => ints[index * INTS + column] as number;
  const time = (index: number, column: number) => times[index * TIMES + column] as number;
  const bucketOf = (low: number) => ((low >>> 0) * (most / 2 ** 32)) | 0;

  /** Takes a wait out of its bucket and marks it as ended by a cost of 0. */
  const end = (index: number): EndedWait => {
    const bucket = bucketOf(hashes[index * 2] as number);
    let before = -1;
    for (let other = buckets[bucket] as number; other !== index; other = int(other, IN_BUCKET)) before = other;
    if (before < 0) buckets[bucket] = int(index, IN_BUCKET);
    else ints[before * INTS + IN_BUCKET] = int(index, IN_BUCKET);
    const cost = int(index, COST);
    ints[index * INTS + COST] = 0;
    const isPromised = int(index, IS_PROMISED) === 1;
    return { key: int(index, KEY), flow: int(index, FLOW), cost, isPromised, slotMs: time(index, SLOT) };
  };

  return {
    bytes: hashes.byteLength + times.byteLength + ints.byteLength + buckets.byteLength + ticks.byteLength + free.byteLength,
    find(low, high, nowMs) {
      let { count, duePromise, dueWait, firstReturnMs, lastBeganMs } = NONE;
      for (let index = buckets[bucketOf(low)] as number; index >= 0; index = int(index, IN_BUCKET)) {
        if (hashes[index * 2] !== low || hashes[index * 2 + 1] !== high) continue;
        const returnsMs = time(index, RETURNS);
        count += 1;
        lastBeganMs = Math.max(lastBeganMs, time(index, BEGAN));
        firstReturnMs = Math.min(firstReturnMs, returnsMs);
        if (nowMs < returnsMs - EARLY_MS) continue;
        if (int(index, IS_PROMISED) === 1) {
          if (duePromise < 0 || returnsMs <= time(duePromise, RETURNS)) duePromise = index;
        } else if (dueWait < 0 || returnsMs <= time(dueWait, RETURNS)) dueWait = index;
      }
      return count === 0 ? NONE : { count, duePromise, dueWait, firstReturnMs, lastBeganMs };
    },
    add({ low, high, slotMs, returnsMs, beganMs, key, flow, cost, isPromised }) {
      if (freeCount === 0 || (!isPromised && freeCount < most * LEFT_FOR_PROMISES)) return false;
      freeCount -= 1;
      const index = free[freeCount] as number;
      const bucket = bucketOf(low);
      const lapses = (Math.floor((returnsMs + GRACE_MS) / TICK_MS) + 1) % ticks.length;
      hashes.set([low, high], index * 2);
      times.set([slotMs, returnsMs, beganMs], index * TIMES);
      ints.set([key, flow, cost, isPromised ? 1 : 0, buckets[bucket] as number, ticks[lapses] as number], index * INTS);
      buckets[bucket] = index;
      ticks[lapses] = index;
      return true;
    },
    end,
    lapse(nowMs, onLapse) {
      const now = Math.floor(nowMs / TICK_MS);
      for (tick = Math.max(tick, now - ticks.length + 1); tick <= now; tick += 1) {
        let index = ticks[tick % ticks.length] as number;
        ticks[tick % ticks.length] = -1;
        while (index >= 0) {
          const next = int(index, IN_TICK);
          if (int(index, COST) > 0) onLapse(end(index));
          free[freeCount] = index;
          freeCount += 1;
          index = next;
        }
      }
    },
  };
}
