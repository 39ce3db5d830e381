/**
 * What is remembered about a key while it is near or over its limit: the slots promised, one chain per lane. A lane is one credential
 * behind an address. Each lane has its own chain, so that one noisy job cannot push its neighbours' slots to the horizon, and its own
 * share: a lane that takes more than its share has to leave a reserve for the others. Fixed size, like the table beside it.
 */
export interface Lanes {
  readonly bytes: number;
  /** When a record was last used, for telling quickly that there is none. */
  readonly lastUsedMs: number;
  /** Fields of the lane that `enter` found. */
  readonly tatMs: Float64Array;
  readonly promisedMs: Float64Array;
  /** The lane's handle, or -1 when every record of the set is in use by another key. */
  enter(low: number, high: number, laneId: number, nowMs: number): number;
  /** Lanes of this lane's key that asked within the last minute, this one included. */
  activeBeside(lane: number, nowMs: number): number;
  /** Lanes of this lane's key that hold a promise, this one included. */
  waitingBeside(lane: number, nowMs: number): number;
  /** Keys that were near or over their limit within the last minute. Reads every record. */
  inUse(nowMs: number): number;
  /** Drops a key's promises. */
  forget(low: number, high: number): void;
}

export const LANES_PER_RECORD = 8;
/** A lane counts as a neighbour for this long after it asked. */
export const LANE_MEMORY_MS = 60_000;
const WAYS = 4;

export function createLanes(options: { records: number }): Lanes {
  const sets = Math.max(1, Math.ceil(options.records / WAYS));
  const records = sets * WAYS;
  const keys = new Int32Array(records * 2);
  const usedMs = new Float64Array(records).fill(Number.NEGATIVE_INFINITY);
  const ids = new Int32Array(records * LANES_PER_RECORD);
  const seenMs = new Float64Array(records * LANES_PER_RECORD).fill(Number.NEGATIVE_INFINITY);
  const tatMs = new Float64Array(records * LANES_PER_RECORD);
  const promisedMs = new Float64Array(records * LANES_PER_RECORD);
  let lastUsedMs = Number.NEGATIVE_INFINITY;

  const findRecord = (low: number, high: number) => {
    const base = (((low >>> 0) * (sets / 2 ** 32)) | 0) * WAYS;
    for (let record = base; record < base + WAYS; record += 1) {
      if (keys[record * 2] === low && keys[record * 2 + 1] === high) return record;
    }
    return -1;
  };
  const wipe = (record: number) => {
    const first = record * LANES_PER_RECORD;
    seenMs.fill(Number.NEGATIVE_INFINITY, first, first + LANES_PER_RECORD);
    promisedMs.fill(0, first, first + LANES_PER_RECORD);
    tatMs.fill(0, first, first + LANES_PER_RECORD);
  };
  const claimRecord = (low: number, high: number, nowMs: number) => {
    const found = findRecord(low, high);
    if (found >= 0) return found;
    const base = (((low >>> 0) * (sets / 2 ** 32)) | 0) * WAYS;
    let oldest = base;
    for (let record = base + 1; record < base + WAYS; record += 1) {
      if ((usedMs[record] as number) < (usedMs[oldest] as number)) oldest = record;
    }
    if ((usedMs[oldest] as number) > nowMs - LANE_MEMORY_MS) return -1;
    keys[oldest * 2] = low;
    keys[oldest * 2 + 1] = high;
    wipe(oldest);
    return oldest;
  };
  const firstOf = (lane: number) => lane - (lane % LANES_PER_RECORD);

  return {
    bytes: keys.byteLength + usedMs.byteLength + ids.byteLength + seenMs.byteLength + tatMs.byteLength + promisedMs.byteLength,
    get lastUsedMs() {
      return lastUsedMs;
    },
    tatMs,
    promisedMs,
    enter(low, high, laneId, nowMs) {
      const record = claimRecord(low, high, nowMs);
      if (record < 0) return -1;
      usedMs[record] = nowMs;
      lastUsedMs = nowMs;
      const first = record * LANES_PER_RECORD;
      let chosen = -1;
      let oldest = first;
      for (let lane = first; lane < first + LANES_PER_RECORD; lane += 1) {
        const seen = seenMs[lane] as number;
        if (ids[lane] === laneId && seen > nowMs - LANE_MEMORY_MS) chosen = lane;
        if (seen < (seenMs[oldest] as number)) oldest = lane;
      }
      if (chosen < 0) {
        // More lanes than there is room for share the last one.
        const isFull = (seenMs[oldest] as number) > nowMs - LANE_MEMORY_MS;
        chosen = isFull ? first + LANES_PER_RECORD - 1 : oldest;
        if (!isFull) {
          ids[chosen] = laneId;
          tatMs[chosen] = 0;
          promisedMs[chosen] = 0;
        }
      }
      seenMs[chosen] = nowMs;
      return chosen;
    },
    activeBeside(lane, nowMs) {
      const first = firstOf(lane);
      let active = 0;
      for (let at = first; at < first + LANES_PER_RECORD; at += 1) if ((seenMs[at] as number) > nowMs - LANE_MEMORY_MS) active += 1;
      return active;
    },
    waitingBeside(lane, nowMs) {
      const first = firstOf(lane);
      let waiting = 0;
      for (let at = first; at < first + LANES_PER_RECORD; at += 1) if (at === lane || (promisedMs[at] as number) > nowMs) waiting += 1;
      return waiting;
    },
    inUse(nowMs) {
      let inUse = 0;
      for (let record = 0; record < records; record += 1) if ((usedMs[record] as number) > nowMs - LANE_MEMORY_MS) inUse += 1;
      return inUse;
    },
    forget(low, high) {
      const record = findRecord(low, high);
      if (record >= 0) promisedMs.fill(0, record * LANES_PER_RECORD, (record + 1) * LANES_PER_RECORD);
    },
  };
}
