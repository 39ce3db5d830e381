/**
 * What is known about a key while it is near or over its limit: how many of its lanes asked lately and how many hold a promise. About 170
 * bytes each, fixed size, found by the key's hash in sets of eight. The record that was used longest ago makes room, unless the promises
 * of its lanes are still open.
 */
export interface LaneRecords {
  readonly bytes: number;
  /** How many there are. */
  readonly size: number;
  /** Changes when a record is given to another key. */
  readonly owners: Uint32Array;
  /** Changes when the promises of a record are dropped. */
  readonly epochs: Uint32Array;
  find(low: number, high: number): number;
  /** The key's record, or -1 when every record of the set has open promises of another key. */
  claim(low: number, high: number, nowMs: number): number;
  /** Notes that a lane asked, which asked last at `lastMs` or never before. */
  asked(record: number, lastMs: number, nowMs: number): void;
  /** Notes that a lane is no more, which asked last at `lastMs`. */
  left(record: number, lastMs: number): void;
  /** Lanes that asked within the last minute, give or take twenty seconds. */
  active(record: number, nowMs: number): number;
  /** Whether a lane that asked last at `lastMs` is one of them. */
  isActive(record: number, lastMs: number): boolean;
  /** Moves a lane's promise from one second to another; {@link NO_SECOND} is none. Returns the second it is noted under. */
  promise(record: number, from: number, to: number, nowMs: number): number;
  /** Lanes whose promise is still to come. */
  waiting(record: number, nowMs: number): number;
  /** The same, and those who were promised a moment ago and are on their way. */
  awaited(record: number, nowMs: number): number;
  /** Whether a promise of this second is among the awaited. */
  isNoted(record: number, second: number): boolean;
  /** Drops a key's promises. */
  drop(record: number): void;
  /** How many were used since. Reads every record. */
  inUse(sinceMs: number): number;
}

export const NO_SECOND = -1;
const WAYS = 8;
const WINDOW_MS = 20_000;
const WINDOWS = 4;
/** One window of the four is being filled anew. */
const WINDOWS_COUNTED = 3;
const SECONDS = 64;
/** Whoever was told a whole number of seconds, rounded up, and is a little late. */
const GRACE_SECONDS = 2;

const windowOf = (ms: number) => Math.floor(ms / WINDOW_MS);
const secondOf = (ms: number) => Math.floor(ms / 1000);

export function createLaneRecords(options: { records: number }): LaneRecords {
  const sets = Math.max(1, Math.ceil(options.records / WAYS));
  const records = sets * WAYS;
  const keys = new Int32Array(records * 2);
  const usedMs = new Float64Array(records).fill(Number.NEGATIVE_INFINITY);
  const owners = new Uint32Array(records);
  const epochs = new Uint32Array(records);
  const seen = new Uint16Array(records * WINDOWS);
  const latestWindow = new Int32Array(records);
  const promised = new Uint16Array(records * SECONDS);
  const promises = new Uint16Array(records);
  const firstSecond = new Int32Array(records);

  const baseOf = (low: number) => (((low >>> 0) * (sets / 2 ** 32)) | 0) * WAYS;
  const find = (low: number, high: number) => {
    const base = baseOf(low);
    for (let record = base; record < base + WAYS; record += 1) {
      if (keys[record * 2] === low && keys[record * 2 + 1] === high) return record;
    }
    return -1;
  };
  const windowAt = (record: number, window: number) => record * WINDOWS + (((window % WINDOWS) + WINDOWS) % WINDOWS);
  const isCounted = (record: number, window: number) => window > (latestWindow[record] as number) - WINDOWS_COUNTED;
  /** Forgets the windows that have gone by. */
  const turnWindows = (record: number, nowMs: number) => {
    const now = windowOf(nowMs);
    const gone = Math.min(WINDOWS, now - (latestWindow[record] as number));
    for (let step = 0; step < gone; step += 1) seen[windowAt(record, now - step)] = 0;
    if (gone > 0) latestWindow[record] = now;
  };
  const secondAt = (record: number, second: number) => record * SECONDS + (((second % SECONDS) + SECONDS) % SECONDS);
  /** Forgets the seconds that have gone by. */
  const turnSeconds = (record: number, nowMs: number) => {
    const first = secondOf(nowMs) - GRACE_SECONDS;
    const gone = Math.min(SECONDS, first - (firstSecond[record] as number));
    for (let step = 1; step <= gone; step += 1) {
      const at = secondAt(record, first - step);
      promises[record] = (promises[record] as number) - (promised[at] as number);
      promised[at] = 0;
    }
    if (gone > 0) firstSecond[record] = first;
  };
  const isNoted = (record: number, second: number) => second !== NO_SECOND && second >= (firstSecond[record] as number);
  const drop = (record: number) => {
    promised.fill(0, record * SECONDS, (record + 1) * SECONDS);
    promises[record] = 0;
    epochs[record] = (epochs[record] as number) + 1;
  };
  const awaited = (record: number, nowMs: number) => {
    turnSeconds(record, nowMs);
    return promises[record] as number;
  };
  const giveTo = (record: number, low: number, high: number, nowMs: number) => {
    keys[record * 2] = low;
    keys[record * 2 + 1] = high;
    owners[record] = (owners[record] as number) + 1;
    seen.fill(0, record * WINDOWS, (record + 1) * WINDOWS);
    latestWindow[record] = windowOf(nowMs);
    firstSecond[record] = secondOf(nowMs) - GRACE_SECONDS;
    drop(record);
  };

  return {
    bytes: [keys, usedMs, owners, epochs, seen, latestWindow, promised, promises, firstSecond].reduce(
      (sum, part) => sum + part.byteLength,
      0,
    ),
    size: records,
    owners,
    epochs,
    inUse: (sinceMs) => usedMs.reduce((count, atMs) => (atMs > sinceMs ? count + 1 : count), 0),
    find,
    claim(low, high, nowMs) {
      let record = find(low, high);
      if (record < 0) {
        const base = baseOf(low);
        for (let other = base; other < base + WAYS; other += 1) {
          if (record >= 0 && (usedMs[other] as number) >= (usedMs[record] as number)) continue;
          if (awaited(other, nowMs) === 0) record = other;
        }
        if (record < 0) return -1;
        giveTo(record, low, high, nowMs);
      }
      usedMs[record] = nowMs;
      return record;
    },
    asked(record, lastMs, nowMs) {
      turnWindows(record, nowMs);
      const last = windowOf(lastMs);
      const now = latestWindow[record] as number;
      if (last === now) return;
      if (isCounted(record, last)) {
        const at = windowAt(record, last);
        seen[at] = (seen[at] as number) - 1;
      }
      const at = windowAt(record, now);
      seen[at] = (seen[at] as number) + 1;
    },
    left(record, lastMs) {
      const last = windowOf(lastMs);
      if (!isCounted(record, last)) return;
      const at = windowAt(record, last);
      seen[at] = (seen[at] as number) - 1;
    },
    active(record, nowMs) {
      turnWindows(record, nowMs);
      const now = latestWindow[record] as number;
      let lanes = 0;
      for (let back = 0; back < WINDOWS_COUNTED; back += 1) lanes += seen[windowAt(record, now - back)] as number;
      return lanes;
    },
    isActive: (record, lastMs) => isCounted(record, windowOf(lastMs)),
    promise(record, from, to, nowMs) {
      turnSeconds(record, nowMs);
      if (isNoted(record, from)) {
        const at = secondAt(record, from);
        promised[at] = (promised[at] as number) - 1;
        promises[record] = (promises[record] as number) - 1;
      }
      if (!isNoted(record, to)) return NO_SECOND;
      // What lies further ahead than the ring reaches is noted at its end.
      const noted = Math.min(to, (firstSecond[record] as number) + SECONDS - 1);
      const at = secondAt(record, noted);
      promised[at] = (promised[at] as number) + 1;
      promises[record] = (promises[record] as number) + 1;
      return noted;
    },
    waiting(record, nowMs) {
      let lanes = awaited(record, nowMs);
      const now = secondOf(nowMs);
      for (let back = 1; back <= GRACE_SECONDS; back += 1) lanes -= promised[secondAt(record, now - back)] as number;
      return lanes;
    },
    awaited,
    isNoted,
    drop,
  };
}
