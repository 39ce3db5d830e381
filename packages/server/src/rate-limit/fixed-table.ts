/**
 * A hash table of fixed size, found by a keyed 64-bit hash: 20 bytes an entry for its key, its rank and its pins. Whatever else belongs to
 * an entry is in arrays that its owner keeps, indexed by the entry's handle, 0 to `overflow`. Memory is taken at the start and never grows.
 *
 * Sets of eight ways. A full set gives up the entry with the smallest rank, unless that is above what the caller allows or the entry is
 * pinned. The new key finds the values of the old one, and its owner decides whether they count for it. Where nothing may be given up,
 * keys share one overflow entry.
 */
export interface FixedTable {
  readonly bytes: number;
  /** Ranks by handle, such as the time until which an entry matters. */
  readonly ranks: Float64Array;
  /** How many references are held to an entry, by handle; it is not given up while there are any. */
  readonly pins: Int32Array;
  /** The handle that keys share for which there is no room. */
  readonly overflow: number;
  /** Keys that made room while they still mattered, and keys that found none. */
  readonly counters: { evictions: number; overflows: number };
  /** The key's handle, or -1. */
  find(low: number, high: number): number;
  /** The handle that a new key with this low half would take over, whatever its rank; -1 if all are pinned. */
  victim(low: number): number;
  /** The key's handle, making room for it if it is new. No entry above `mostRank` is given up; one above `liveRank` counts as an eviction. */
  claim(low: number, high: number, mostRank: number, liveRank: number): number;
  /** The share of entries whose rank is above this one, from a sample of at most 4096. */
  load(rank: number): number;
}

const WAYS = 8;
const SAMPLED_SETS = 512;

/** Creates the table, with room for at least this many entries. */
export function createFixedTable(leastEntries: number): FixedTable {
  const sets = Math.max(1, Math.ceil(leastEntries / WAYS));
  const overflow = sets * WAYS;
  // A set's keys are one cache line, eight low halves and eight high ones, and its ranks another.
  const keys = new Int32Array(overflow * 2);
  const ranks = new Float64Array(overflow + 1);
  const pins = new Int32Array(overflow + 1);
  const counters = { evictions: 0, overflows: 0 };
  // A multiplication instead of a remainder, so that any number of sets will do.
  const scale = sets / 2 ** 32;

  const find = (low: number, high: number) => {
    const first = (((low >>> 0) * scale) | 0) * WAYS;
    for (let way = 0; way < WAYS; way += 1) {
      if (keys[first * 2 + way] === low && keys[first * 2 + WAYS + way] === high) return first + way;
    }
    return -1;
  };

  const victimOf = (low: number) => {
    const first = (((low >>> 0) * scale) | 0) * WAYS;
    let victim = -1;
    let smallest = Number.POSITIVE_INFINITY;
    for (let handle = first; handle < first + WAYS; handle += 1) {
      const rank = ranks[handle] as number;
      if (rank >= smallest || pins[handle] !== 0) continue;
      smallest = rank;
      victim = handle;
    }
    return victim;
  };

  return {
    bytes: keys.byteLength + ranks.byteLength + pins.byteLength,
    ranks,
    pins,
    overflow,
    counters,
    find,
    victim: victimOf,
    claim(low, high, mostRank, liveRank) {
      const found = find(low, high);
      if (found >= 0) return found;
      const victim = victimOf(low);
      const rank = victim < 0 ? Number.POSITIVE_INFINITY : (ranks[victim] as number);
      if (victim < 0 || rank > mostRank) {
        counters.overflows += 1;
        return overflow;
      }
      if (rank > liveRank) counters.evictions += 1;
      const word = victim * 2 - (victim % WAYS);
      keys[word] = low;
      keys[word + WAYS] = high;
      return victim;
    },
    load(rank) {
      const step = Math.max(1, Math.floor(sets / SAMPLED_SETS));
      let live = 0;
      let seen = 0;
      for (let set = 0; set < sets; set += step) {
        for (let handle = set * WAYS; handle < set * WAYS + WAYS; handle += 1) {
          seen += 1;
          if ((ranks[handle] as number) > rank) live += 1;
        }
      }
      return live / seen;
    },
  };
}
