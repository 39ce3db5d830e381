/** When failures begin to cost time, and how much at most. */
export interface BackoffRule {
  readonly freeFailures: number;
  readonly longestWaitMs: number;
}

/**
 * Failures per key in a table of fixed size, 36 bytes each. The first few are free, then every one doubles the wait up to a cap; one
 * is forgiven per idle hour. A key that is being made to wait is never pushed out by others: where a set holds nothing else, newcomers
 * are counted together in one overflow counter.
 */
export interface FailureCounters {
  readonly bytes: number;
  readonly counters: { evictions: number; overflows: number };
  /** Until when the key has to wait, 0 if it does not. */
  blockedUntil(low: number, high: number): number;
  /** Counts a failure, unless the key is waiting already. `jitter` in [0, 1) lengthens the wait by up to a tenth. */
  fail(low: number, high: number, nowMs: number, jitter: number): void;
  /** Failures that still count. */
  failures(low: number, high: number, nowMs: number): number;
  /** Takes one of the verifications that may run side by side: as many as may still fail for free, at least one. False when none is left. */
  begin(low: number, high: number, nowMs: number): boolean;
  /** Gives it back. */
  end(low: number, high: number): void;
  /** Forgets the key. Returns whether it was known. */
  clear(low: number, high: number): boolean;
}

const WAYS = 8;
const FIRST_WAIT_MS = 1000;
const FORGIVEN_PER_MS = 1 / (60 * 60 * 1000);
/** Counting stops here: 2^30 seconds is far beyond every cap. */
const MOST_FAILURES = 1000;
const MOST_DOUBLINGS = 30;
/** A verification that never reported back is forgotten after this long. */
const LONGEST_VERIFICATION_MS = 10_000;
/** The overflow counter is shared by strangers, so it is looser and its wait short. */
const OVERFLOW_RULE: BackoffRule = { freeFailures: 1000, longestWaitMs: 5000 };

/** The wait after the nth failure, in milliseconds, before jitter. */
export function backoffMs(rule: BackoffRule, failures: number): number {
  if (failures <= rule.freeFailures) return 0;
  return Math.min(rule.longestWaitMs, FIRST_WAIT_MS * 2 ** Math.min(MOST_DOUBLINGS, failures - rule.freeFailures - 1));
}

export function createFailureCounters(options: { rule: BackoffRule; entries: number }): FailureCounters {
  const { rule } = options;
  const sets = Math.max(1, Math.ceil(options.entries / WAYS));
  const overflow = sets * WAYS;
  const keys = new Int32Array(overflow * 2 + 2);
  const failed = new Uint16Array(overflow + 1);
  const verifying = new Uint16Array(overflow + 1);
  const verifyingSinceMs = new Float64Array(overflow + 1);
  const untilMs = new Float64Array(overflow + 1);
  const lastMs = new Float64Array(overflow + 1);
  const counters = { evictions: 0, overflows: 0 };
  const ruleOf = (entry: number) => (entry === overflow ? OVERFLOW_RULE : rule);
  const counted = (entry: number, nowMs: number) =>
    Math.max(0, (failed[entry] as number) - Math.floor(Math.max(0, nowMs - (lastMs[entry] as number)) * FORGIVEN_PER_MS));
  const find = (low: number, high: number) => {
    const base = (((low >>> 0) * (sets / 2 ** 32)) | 0) * WAYS;
    for (let entry = base; entry < base + WAYS; entry += 1) if (keys[entry * 2] === low && keys[entry * 2 + 1] === high) return entry;
    return -1;
  };
  const claim = (low: number, high: number, nowMs: number) => {
    const found = find(low, high);
    if (found >= 0) return found;
    const base = (((low >>> 0) * (sets / 2 ** 32)) | 0) * WAYS;
    let victim = -1;
    let fewest = rule.freeFailures + 1;
    for (let entry = base; entry < base + WAYS; entry += 1) {
      const failures = counted(entry, nowMs);
      if (failures < fewest && (untilMs[entry] as number) <= nowMs) {
        victim = entry;
        fewest = failures;
      }
    }
    if (victim < 0) {
      counters.overflows += 1;
      return overflow;
    }
    if (fewest > 0) counters.evictions += 1;
    keys[victim * 2] = low;
    keys[victim * 2 + 1] = high;
    failed[victim] = 0;
    verifying[victim] = 0;
    untilMs[victim] = 0;
    lastMs[victim] = nowMs;
    return victim;
  };
  /** Where the key is counted: its own entry or, once the set is full of keys that must not be forgotten, the overflow. */
  const holder = (low: number, high: number) => {
    const found = find(low, high);
    return found >= 0 ? found : overflow;
  };

  return {
    bytes:
      keys.byteLength + failed.byteLength + verifying.byteLength + verifyingSinceMs.byteLength + untilMs.byteLength + lastMs.byteLength,
    counters,
    blockedUntil: (low, high) => untilMs[find(low, high)] ?? 0,
    failures(low, high, nowMs) {
      const found = find(low, high);
      return found < 0 ? 0 : counted(found, nowMs);
    },
    fail(low, high, nowMs, jitter) {
      const entry = claim(low, high, nowMs);
      if ((untilMs[entry] as number) > nowMs) return;
      const failures = Math.min(MOST_FAILURES, counted(entry, nowMs) + 1);
      failed[entry] = failures;
      lastMs[entry] = nowMs;
      const waitMs = backoffMs(ruleOf(entry), failures);
      untilMs[entry] = waitMs === 0 ? 0 : nowMs + Math.min(ruleOf(entry).longestWaitMs, waitMs * (1 + jitter / 10));
    },
    begin(low, high, nowMs) {
      const entry = claim(low, high, nowMs);
      if ((untilMs[entry] as number) > nowMs) return false;
      if ((verifyingSinceMs[entry] as number) + LONGEST_VERIFICATION_MS < nowMs) verifying[entry] = 0;
      const allowed = Math.max(1, ruleOf(entry).freeFailures - counted(entry, nowMs));
      if ((verifying[entry] as number) >= allowed) return false;
      if (verifying[entry] === 0) verifyingSinceMs[entry] = nowMs;
      verifying[entry] = (verifying[entry] as number) + 1;
      return true;
    },
    end(low, high) {
      const entry = holder(low, high);
      if ((verifying[entry] as number) > 0) verifying[entry] = (verifying[entry] as number) - 1;
    },
    clear(low, high) {
      const found = find(low, high);
      if (found < 0) return false;
      failed[found] = 0;
      untilMs[found] = 0;
      return true;
    },
  };
}
