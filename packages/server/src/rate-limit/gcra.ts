/**
 * The generic cell rate algorithm as arithmetic on numbers (ITU-T I.371), with reservation. A key is one number, its theoretical
 * arrival time (TAT): the moment at which its bucket is full again. Times are milliseconds on a monotonic clock.
 */
export interface Gcra {
  /** Milliseconds in which one request's worth of quota comes back. */
  readonly intervalMs: number;
  /** Requests that a full bucket admits at once. */
  readonly burst: number;
  /** `burst` in milliseconds. */
  readonly toleranceMs: number;
  /** No slot is promised further ahead than this. */
  readonly horizonMs: number;
}

/** A limit as an operator writes it. */
export interface RateLimit {
  readonly name: string;
  readonly perSecond: number;
  readonly burst: number;
  readonly horizonMs: number;
  /** Only watched: what it would refuse is counted and let through. */
  readonly isShadow?: boolean;
}

/** Rounding errors of sums of intervals stay far below a microsecond; a request this much early is on time. */
const ON_TIME_MS = 0.001;

/** Reads a limit. Throws a RangeError for a rate, burst or horizon that no bucket can keep. */
export function toGcra(limit: RateLimit): Gcra {
  const { name, perSecond, burst, horizonMs } = limit;
  if (!(perSecond > 0 && Number.isFinite(perSecond)))
    throw new RangeError(`Limit "${name}" has a rate of ${perSecond} per second; give a number above 0`);
  if (!Number.isSafeInteger(burst) || burst < 1)
    throw new RangeError(`Limit "${name}" has a burst of ${burst}; give a whole number of at least 1`);
  if (!(horizonMs >= 1000 && Number.isFinite(horizonMs)))
    throw new RangeError(`Limit "${name}" has a horizon of ${horizonMs} ms; give at least 1000`);
  const intervalMs = 1000 / perSecond;
  return { intervalMs, burst, toleranceMs: burst * intervalMs, horizonMs };
}

/** The first moment at which a request of this cost is admitted if nothing else happens to the key. */
export function allowedAt(gcra: Gcra, tatMs: number, nowMs: number, cost = 1): number {
  return Math.max(tatMs, nowMs) + cost * gcra.intervalMs - gcra.toleranceMs;
}

/** Whether a moment has come, forgiving what floating point adds up to. */
export function isDue(momentMs: number, nowMs: number): boolean {
  return nowMs >= momentMs - ON_TIME_MS;
}

/**
 * How long until a moment, forgiving the same. Promises are sums of intervals that often end on a whole second: without this some of them
 * would be a rounding error beyond it, and `Retry-After`, rounded up, a second too long.
 */
export function waitMs(momentMs: number, nowMs: number): number {
  return Math.max(0, momentMs - nowMs - ON_TIME_MS);
}

/** The arrival time after an admitted request. Only admissions move it; a rejection leaves the key as it was. */
export function charge(gcra: Gcra, tatMs: number, nowMs: number, cost = 1): number {
  return Math.max(tatMs, nowMs) + cost * gcra.intervalMs;
}

/** Whole requests left now. */
export function remaining(gcra: Gcra, tatMs: number, nowMs: number): number {
  return Math.max(0, Math.floor((gcra.toleranceMs - Math.max(0, tatMs - nowMs) + ON_TIME_MS) / gcra.intervalMs));
}

/** Whole seconds until there is at least one request more than {@link remaining} says; 0 for a full bucket. */
export function resetSeconds(gcra: Gcra, tatMs: number, nowMs: number): number {
  const left = remaining(gcra, tatMs, nowMs);
  if (left >= gcra.burst) return 0;
  return Math.max(1, Math.ceil(waitMs(tatMs + (left + 1) * gcra.intervalMs - gcra.toleranceMs, nowMs) / 1000));
}

/**
 * The slot a rejected request is promised: the first one that is free, and behind every slot promised before. Each caller gets its
 * own, so that callers who obey do not wake in the same second. `promisedMs` is the last promise, 0 if there is none.
 */
export function nextSlot(gcra: Gcra, promisedMs: number, allowedAtMs: number, nowMs: number, spacingMs = gcra.intervalMs): number {
  return Math.min(Math.max(promisedMs + spacingMs, allowedAtMs), Math.max(nowMs + gcra.horizonMs, allowedAtMs));
}
