/**
 * A fixed number of arrival times, 16 bytes each, found by a keyed 64-bit hash. Memory is taken at the start and never grows.
 *
 * Sets of eight ways, laid out so that one decision touches two neighbouring cache lines: 8 low halves, 8 high halves, 8 arrival times.
 * A full set gives up the slot with the smallest arrival time, and only if its key has at most one request outstanding and not too
 * little left for any other. A key that is over its limit is beyond that, so it can never be pushed out, whoever sends what.
 * The newcomer goes on from the arrival time it finds, as if it had spent what the other one had: the smallest of a set never becomes
 * smaller, so a key that is pushed out and comes back gets nothing back.
 * Where no slot may be given up the newcomer is counted in one shared overflow slot: neither let through nor shut out.
 */
export interface LimitTable {
  readonly slots: number;
  readonly bytes: number;
  /** Arrival times by handle. */
  readonly tatMs: Float64Array;
  /** The handle that newcomers share when their set is full. */
  readonly overflow: number;
  readonly counters: { evictions: number; overflows: number };
  /** The key's handle, making room for it if it is new. A slot may be given up whose arrival time is at most `evictableMs` ahead of now. */
  claim(low: number, high: number, nowMs: number, evictableMs: number): number;
  /** The key's handle, or -1. */
  find(low: number, high: number): number;
  /** The share of slots that hold a live arrival time, from a sample of at most 4096 slots. */
  load(nowMs: number): number;
}

export const WAYS = 8;
const WORDS_PER_SET = 32;
const DOUBLES_PER_SET = 16;
export const BYTES_PER_SLOT = 16;
const SAMPLED_SETS = 512;

export function createLimitTable(options: { slots: number }): LimitTable {
  const sets = Math.max(1, Math.ceil(options.slots / WAYS));
  const buffer = new ArrayBuffer(sets * WAYS * BYTES_PER_SLOT + 8);
  const words = new Int32Array(buffer, 0, sets * WORDS_PER_SET);
  const tatMs = new Float64Array(buffer);
  const overflow = sets * DOUBLES_PER_SET;
  const counters = { evictions: 0, overflows: 0 };
  // A multiplication instead of a remainder, so that any number of sets will do.
  const scale = sets / 2 ** 32;
  const setOf = (low: number) => ((low >>> 0) * scale) | 0;

  const find = (low: number, high: number) => {
    const set = setOf(low);
    const base = set * WORDS_PER_SET;
    for (let way = 0; way < WAYS; way += 1) {
      if (words[base + way] === low && words[base + WAYS + way] === high) return set * DOUBLES_PER_SET + WAYS + way;
    }
    return -1;
  };

  return {
    slots: sets * WAYS,
    bytes: buffer.byteLength,
    tatMs,
    overflow,
    counters,
    find,
    claim(low, high, nowMs, evictableMs) {
      const set = setOf(low);
      const base = set * WORDS_PER_SET;
      const times = set * DOUBLES_PER_SET + WAYS;
      for (let way = 0; way < WAYS; way += 1) {
        if (words[base + way] === low && words[base + WAYS + way] === high) return times + way;
      }
      let victim = 0;
      let smallest = Number.POSITIVE_INFINITY;
      for (let way = 0; way < WAYS; way += 1) {
        const tat = tatMs[times + way] as number;
        if (tat < smallest) {
          smallest = tat;
          victim = way;
        }
      }
      if (smallest > nowMs) {
        if (smallest > nowMs + evictableMs) {
          counters.overflows += 1;
          return overflow;
        }
        counters.evictions += 1;
      }
      words[base + victim] = low;
      words[base + WAYS + victim] = high;
      return times + victim;
    },
    load(nowMs) {
      const step = Math.max(1, Math.floor(sets / SAMPLED_SETS));
      let live = 0;
      let seen = 0;
      for (let set = 0; set < sets; set += step) {
        for (let way = 0; way < WAYS; way += 1) {
          seen += 1;
          if ((tatMs[set * DOUBLES_PER_SET + WAYS + way] as number) > nowMs) live += 1;
        }
      }
      return live / seen;
    },
  };
}
