const WAYS = 8;
const SAMPLED_SETS = 512;

/**
 * A hash table of fixed size, found by a keyed 64-bit hash: 20 bytes an entry for its key, its rank and its pins. Whatever else belongs to
 * an entry is in arrays that its owner keeps, indexed by the entry's handle, 0 to `overflow`. Memory is taken at the start and never grows.
 *
 * Sets of eight ways. A full set gives up the entry with the smallest rank, unless that is above what the caller allows or the entry is
 * pinned. The new key finds the values of the old one, and its owner decides whether they count for it. Where nothing may be given up,
 * keys share one overflow entry.
 */
export class FixedTable {
  readonly bytes: number;
  /** Ranks by handle, such as the time until which an entry matters. */
  readonly ranks: Float64Array;
  /** How many references are held to an entry, by handle; it is not given up while there are any. */
  readonly pins: Int32Array;
  /** The handle that keys share for which there is no room. */
  readonly overflow: number;
  /** Keys that made room while they still mattered, and keys that found none. */
  readonly counters = { evictions: 0, overflows: 0 };
  // A set's keys are one cache line, eight low halves and eight high ones, and its ranks another.
  readonly #keys: Int32Array;
  readonly #sets: number;

  constructor(leastEntries: number) {
    this.#sets = Math.max(1, Math.ceil(leastEntries / WAYS));
    this.overflow = this.#sets * WAYS;
    this.#keys = new Int32Array(this.overflow * 2);
    this.ranks = new Float64Array(this.overflow + 1);
    this.pins = new Int32Array(this.overflow + 1);
    this.bytes = this.#keys.byteLength + this.ranks.byteLength + this.pins.byteLength;
  }

  /** The first handle of a key's set. A multiplication instead of a remainder, so that any number of sets will do. */
  #firstOf(low: number): number {
    return (((low >>> 0) * (this.#sets / 2 ** 32)) | 0) * WAYS;
  }

  /** The key's handle, or -1. */
  find(low: number, high: number): number {
    const keys = this.#keys;
    const first = this.#firstOf(low);
    for (let way = 0; way < WAYS; way += 1) {
      if (keys[first * 2 + way] === low && keys[first * 2 + WAYS + way] === high) return first + way;
    }
    return -1;
  }

  /** The handle that a new key with this low half would take over, whatever its rank; -1 if all are pinned. */
  victim(low: number): number {
    const first = this.#firstOf(low);
    let victim = -1;
    let smallest = Number.POSITIVE_INFINITY;
    for (let handle = first; handle < first + WAYS; handle += 1) {
      const rank = this.ranks[handle] as number;
      if (rank >= smallest || this.pins[handle] !== 0) continue;
      smallest = rank;
      victim = handle;
    }
    return victim;
  }

  /** The key's handle, making room for it if it is new. No entry above `mostRank` is given up; one above `liveRank` counts as an eviction. */
  claim(low: number, high: number, mostRank: number, liveRank: number): number {
    const found = this.find(low, high);
    if (found >= 0) return found;
    const victim = this.victim(low);
    const rank = victim < 0 ? Number.POSITIVE_INFINITY : (this.ranks[victim] as number);
    if (victim < 0 || rank > mostRank) {
      this.counters.overflows += 1;
      return this.overflow;
    }
    if (rank > liveRank) this.counters.evictions += 1;
    const word = victim * 2 - (victim % WAYS);
    this.#keys[word] = low;
    this.#keys[word + WAYS] = high;
    return victim;
  }

  /** The share of entries whose rank is above this one, from a sample of at most 4096. */
  load(rank: number): number {
    const step = Math.max(1, Math.floor(this.#sets / SAMPLED_SETS)) * WAYS;
    let live = 0;
    let seen = 0;
    for (let first = 0; first < this.overflow; first += step) {
      for (let handle = first; handle < first + WAYS; handle += 1) {
        seen += 1;
        if ((this.ranks[handle] as number) > rank) live += 1;
      }
    }
    return live / seen;
  }
}
