import { createLaneRecords, type LaneRecords, NO_SECOND } from './lane-records.ts';
import { UNPROVEN_LANES } from './newcomers.ts';

/**
 * The lanes of keys that are near or over their limit. A lane is one caller behind a key, such as one credential behind an address. Each
 * has its own chain of promises, so that one noisy job cannot push its neighbours' slots to the horizon, and its own share: a lane that
 * takes more than its share has to leave a reserve for the others. A key has as many lanes as it has callers; all keys together have four
 * per record, 48 bytes each. Fixed size, like the table beside it: of a full set the lane that asked longest ago makes room.
 */
export interface Lanes {
  readonly bytes: number;
  /** When a lane was last entered, for telling quickly that there is none. */
  readonly lastUsedMs: number;
  /** What the lane that `enter` found has spent of its share. */
  readonly tatMs: Float64Array;
  /** The last slot it was promised. */
  readonly promisedMs: Float64Array;
  /** Which of the callers that share it was promised a slot last. */
  readonly lastCaller: Int32Array;
  /** The lane's handle, or -1 when the promises of other keys fill the set of records. */
  enter(low: number, high: number, laneId: number, nowMs: number): number;
  /** Promises the lane a slot. */
  promise(lane: number, slotMs: number, nowMs: number): void;
  /** One part in how many this lane may have, of a key whose lanes that asked within the last minute share alike. */
  partsActive(lane: number, nowMs: number): number;
  /** The same among the lanes that hold a promise. */
  partsWaiting(lane: number, nowMs: number): number;
  /** Whether another lane of the key holds a promise, or is on its way to claim one. */
  isAnotherAwaited(lane: number, nowMs: number): boolean;
  /** Keys that were near or over their limit within the last minute. Reads every record. */
  inUse(nowMs: number): number;
  /** Drops a key's promises. */
  forget(low: number, high: number): void;
}

/** A lane counts as a neighbour for about this long after it asked. */
export const LANE_MEMORY_MS = 60_000;
const LANES_PER_RECORD = 4;
const WAYS = 8;

export function createLanes(options: { records: number }): Lanes {
  const records: LaneRecords = createLaneRecords(options);
  const sets = Math.max(1, Math.ceil((options.records * LANES_PER_RECORD) / WAYS));
  const lanes = sets * WAYS;
  const ids = new Int32Array(lanes);
  const recordOf = new Int32Array(lanes);
  /** The owner of the record when the lane was made; none has 0. */
  const owners = new Uint32Array(lanes);
  const epochs = new Uint32Array(lanes);
  const seenMs = new Float64Array(lanes).fill(Number.NEGATIVE_INFINITY);
  const tatMs = new Float64Array(lanes);
  const promisedMs = new Float64Array(lanes);
  const promisedSecond = new Int32Array(lanes).fill(NO_SECOND);
  const lastCaller = new Int32Array(lanes);
  /** The lanes of whoever has not proved a credential, by record and id. */
  const unproven = new Int32Array(records.size * UNPROVEN_LANES);
  let lastUsedMs = Number.NEGATIVE_INFINITY;

  const baseOf = (record: number, laneId: number) => {
    const mixed = Math.imul(Math.imul(record + 1, 0x9e3779b1) ^ laneId, 0x85ebca6b);
    return ((((mixed ^ (mixed >>> 15)) >>> 0) * (sets / 2 ** 32)) | 0) * WAYS;
  };
  const isOfItsRecord = (lane: number) => owners[lane] === records.owners[recordOf[lane] as number];
  const noPromise = (lane: number) => {
    promisedMs[lane] = 0;
    promisedSecond[lane] = NO_SECOND;
  };
  const hasPromise = (lane: number, record: number) =>
    epochs[lane] === records.epochs[record] && records.isNoted(record, promisedSecond[lane] as number);
  /** Takes the lane out of the counts of whomever it belonged to. */
  const vacate = (lane: number, nowMs: number) => {
    if (!isOfItsRecord(lane)) return;
    const record = recordOf[lane] as number;
    records.left(record, seenMs[lane] as number);
    if (hasPromise(lane, record)) records.promise(record, promisedSecond[lane] as number, NO_SECOND, nowMs);
  };
  const isUnproven = (lane: number) => (ids[lane] as number) >>> 0 < UNPROVEN_LANES;
  const isOpen = (lane: number, record: number, nowMs: number) =>
    hasPromise(lane, record) && (promisedSecond[lane] as number) >= Math.floor(nowMs / 1000);
  /** Of this many lanes of the own one's key, those without proof share the part of one. */
  const parts = (own: number, all: number, isCounted: (lane: number, record: number) => boolean) => {
    const record = recordOf[own] as number;
    let without = 0;
    for (let id = 0; id < UNPROVEN_LANES; id += 1) {
      const lane = unproven[record * UNPROVEN_LANES + id] as number;
      const isThere = isOfItsRecord(lane) && recordOf[lane] === record && ids[lane] === id;
      if (isThere && (lane === own || isCounted(lane, record))) without += 1;
    }
    const proven = all - without;
    return isUnproven(own) ? (proven + 1) * without : proven + Math.min(1, without);
  };
  const make = (lane: number, record: number, laneId: number, nowMs: number) => {
    vacate(lane, nowMs);
    ids[lane] = laneId;
    recordOf[lane] = record;
    owners[lane] = records.owners[record] as number;
    seenMs[lane] = Number.NEGATIVE_INFINITY;
    tatMs[lane] = 0;
    noPromise(lane);
    if (isUnproven(lane)) unproven[record * UNPROVEN_LANES + laneId] = lane;
  };

  return {
    bytes: [ids, recordOf, owners, epochs, seenMs, tatMs, promisedMs, promisedSecond, lastCaller, unproven].reduce(
      (sum, part) => sum + part.byteLength,
      records.bytes,
    ),
    get lastUsedMs() {
      return lastUsedMs;
    },
    tatMs,
    promisedMs,
    lastCaller,
    enter(low, high, laneId, nowMs) {
      const record = records.claim(low, high, nowMs);
      if (record < 0) return -1;
      lastUsedMs = nowMs;
      const base = baseOf(record, laneId);
      let lane = -1;
      let oldest = base;
      let oldestMs = Number.POSITIVE_INFINITY;
      for (let at = base; at < base + WAYS; at += 1) {
        const isLive = isOfItsRecord(at);
        if (isLive && recordOf[at] === record && ids[at] === laneId) lane = at;
        const usedMs = isLive ? (seenMs[at] as number) : Number.NEGATIVE_INFINITY;
        if (usedMs >= oldestMs) continue;
        oldest = at;
        oldestMs = usedMs;
      }
      if (lane < 0) {
        lane = oldest;
        make(lane, record, laneId, nowMs);
      } else if (epochs[lane] !== records.epochs[record]) noPromise(lane);
      epochs[lane] = records.epochs[record] as number;
      records.asked(record, seenMs[lane] as number, nowMs);
      seenMs[lane] = nowMs;
      return lane;
    },
    promise(lane, slotMs, nowMs) {
      promisedMs[lane] = slotMs;
      promisedSecond[lane] = records.promise(recordOf[lane] as number, promisedSecond[lane] as number, Math.floor(slotMs / 1000), nowMs);
    },
    partsActive(lane, nowMs) {
      const all = records.active(recordOf[lane] as number, nowMs);
      return parts(lane, all, (other, record) => records.isActive(record, seenMs[other] as number));
    },
    partsWaiting(lane, nowMs) {
      const record = recordOf[lane] as number;
      const all = records.waiting(record, nowMs) + (isOpen(lane, record, nowMs) ? 0 : 1);
      return parts(lane, all, (other) => isOpen(other, record, nowMs));
    },
    isAnotherAwaited(lane, nowMs) {
      const record = recordOf[lane] as number;
      return records.awaited(record, nowMs) > (hasPromise(lane, record) ? 1 : 0);
    },
    inUse: (nowMs) => records.inUse(nowMs - LANE_MEMORY_MS),
    forget(low, high) {
      const record = records.find(low, high);
      if (record >= 0) records.drop(record);
    },
  };
}
