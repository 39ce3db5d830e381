/** When failures begin to cost time, and how much at most. */
export interface BackoffRule {
  readonly freeFailures: number;
  readonly longestWaitMs: number;
}

/**
 * Failures per key in a table of fixed size, 24 bytes each. The first few are free, then every one doubles the wait up to a cap; one is
 * forgiven per hour.
 *
 * Sets of eight. A newcomer to a full set takes the place of the key with the fewest failures, and what becomes of them is said by
 * `onFullSet`. With `inherit` the newcomer has them from then on, and their wait. So no key is ever held to have failed less often than it
 * did, or to be free earlier, whoever else fails: what is pushed out finds at least as much when it comes back. A stranger in a full set
 * is treated like the best of the eight that failed there. With `forget` nobody answers for another, and what is pushed out starts afresh.
 */
export interface FailureCounters {
  readonly bytes: number;
  /** Keys whose failures were given up or handed on for a newcomer, and newcomers who met nothing but keys that wait. */
  readonly counters: { evictions: number; overflows: number };
  /** Until when the key has to wait; not after `nowMs` if it does not. */
  blockedUntil(low: number, high: number, nowMs: number): number;
  /** Counts a failure, unless the key is waiting already. `jitter` in [0, 1) lengthens the wait by up to a tenth. */
  fail(low: number, high: number, nowMs: number, jitter: number): void;
  /** Failures that still count. */
  failures(low: number, high: number, nowMs: number): number;
  /** Forgets the failures of a key that is known. */
  clear(low: number, high: number): void;
  /** Gives the key a place without failures, even if it had to share one. Returns whether it had any. */
  forgive(low: number, high: number, nowMs: number): boolean;
  /** The same for every key with this high half. */
  forgiveAll(high: number, nowMs: number): boolean;
}

const WAYS = 8;
const FIRST_WAIT_MS = 1000;
const FORGIVEN_EVERY_MS = 60 * 60 * 1000;
/** Counting stops here: 2^30 seconds is far beyond every cap. */
const MOST_FAILURES = 1000;
const MOST_DOUBLINGS = 30;
/** Sums of hours stay far closer to whole hours than this. */
const ROUNDING = 1e-8;

/** The wait after the nth failure, in milliseconds, before jitter. */
export function backoffMs(rule: BackoffRule, failures: number): number {
  if (failures <= rule.freeFailures) return 0;
  return Math.min(rule.longestWaitMs, FIRST_WAIT_MS * 2 ** Math.min(MOST_DOUBLINGS, failures - rule.freeFailures - 1));
}

export interface FailureCountersOptions {
  readonly rule: BackoffRule;
  readonly entries: number;
  readonly onFullSet: 'inherit' | 'forget';
}

export function createFailureCounters(options: FailureCountersOptions): FailureCounters {
  const { rule } = options;
  const isForgetful = options.onFullSet === 'forget';
  const sets = Math.max(1, Math.ceil(options.entries / WAYS));
  const entries = sets * WAYS;
  const keys = new Int32Array(entries * 2);
  /** When the last failure will be forgiven; each of them is an hour. */
  const clearAtMs = new Float64Array(entries);
  const untilMs = new Float64Array(entries);
  const counters = { evictions: 0, overflows: 0 };

  const counted = (entry: number, nowMs: number) =>
    Math.max(0, Math.ceil(((clearAtMs[entry] as number) - nowMs) / FORGIVEN_EVERY_MS - ROUNDING));
  const waitOf = (entry: number, nowMs: number) => Math.max(0, (untilMs[entry] as number) - nowMs);
  /** The order in which places are shared with newcomers; among equals the longest wait, so that nobody comes back to a shorter one. */
  const isBetterToShare = (entry: number, than: number, nowMs: number) => {
    const failures = Math.max(clearAtMs[entry] as number, nowMs) - Math.max(clearAtMs[than] as number, nowMs);
    const wait = waitOf(than, nowMs) - waitOf(entry, nowMs);
    return (failures || wait) < 0;
  };
  const holds = (entry: number, low: number, high: number) => keys[entry * 2] === low && keys[entry * 2 + 1] === high;
  const find = (low: number, high: number) => {
    const base = (((low >>> 0) * (sets / 2 ** 32)) | 0) * WAYS;
    for (let entry = base; entry < base + WAYS; entry += 1) if (holds(entry, low, high)) return entry;
    return -1;
  };
  /** Where the key is counted, or would be. */
  const placeOf = (low: number, high: number, nowMs: number) => {
    const found = find(low, high);
    if (found >= 0) return found;
    let place = (((low >>> 0) * (sets / 2 ** 32)) | 0) * WAYS;
    const last = place + WAYS - 1;
    for (let entry = place + 1; entry <= last; entry += 1) if (isBetterToShare(entry, place, nowMs)) place = entry;
    return place;
  };
  const wipe = (entry: number, nowMs: number) => {
    const hadAny = (clearAtMs[entry] as number) > nowMs;
    clearAtMs[entry] = 0;
    untilMs[entry] = 0;
    return hadAny;
  };
  /** Whether what the place says is about this key. */
  const counts = (entry: number, low: number, high: number) => !isForgetful || holds(entry, low, high);
  const isWaiting = (entry: number, low: number, high: number, nowMs: number) => {
    if (!counts(entry, low, high) || (untilMs[entry] as number) <= nowMs) return false;
    if (!holds(entry, low, high)) counters.overflows += 1;
    return true;
  };
  const take = (entry: number, low: number, high: number, nowMs: number) => {
    if (!holds(entry, low, high) && (clearAtMs[entry] as number) > nowMs) counters.evictions += 1;
    if (!counts(entry, low, high)) wipe(entry, nowMs);
    keys[entry * 2] = low;
    keys[entry * 2 + 1] = high;
    return entry;
  };

  return {
    bytes: keys.byteLength + clearAtMs.byteLength + untilMs.byteLength,
    counters,
    blockedUntil(low, high, nowMs) {
      const entry = placeOf(low, high, nowMs);
      return counts(entry, low, high) ? (untilMs[entry] as number) : 0;
    },
    failures(low, high, nowMs) {
      const entry = placeOf(low, high, nowMs);
      return counts(entry, low, high) ? counted(entry, nowMs) : 0;
    },
    fail(low, high, nowMs, jitter) {
      const entry = placeOf(low, high, nowMs);
      if (isWaiting(entry, low, high, nowMs)) return;
      take(entry, low, high, nowMs);
      const before = Math.max(clearAtMs[entry] as number, nowMs);
      clearAtMs[entry] = Math.min(before + FORGIVEN_EVERY_MS, nowMs + MOST_FAILURES * FORGIVEN_EVERY_MS);
      const waitMs = backoffMs(rule, counted(entry, nowMs));
      untilMs[entry] = waitMs === 0 ? 0 : nowMs + Math.min(rule.longestWaitMs, waitMs * (1 + jitter / 10));
    },
    clear(low, high) {
      const found = find(low, high);
      if (found >= 0) wipe(found, 0);
    },
    forgive: (low, high, nowMs) => wipe(take(placeOf(low, high, nowMs), low, high, nowMs), nowMs),
    forgiveAll(high, nowMs) {
      let hadAny = false;
      for (let entry = 0; entry < entries; entry += 1) if (keys[entry * 2 + 1] === high && wipe(entry, nowMs)) hadAny = true;
      return hadAny;
    },
  };
}
