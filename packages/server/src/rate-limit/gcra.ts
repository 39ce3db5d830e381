/**
 * The generic cell rate algorithm as arithmetic on numbers (ITU-T I.371). A key is one number, its theoretical arrival time (TAT): the
 * moment at which its bucket is full again. Times are milliseconds on a monotonic clock; a request costs 1 unless a cost is given.
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

/** The next slot: the first moment at which a request of this cost is admitted if nothing else happens to the key. */
export function allowedAt(gcra: Gcra, tatMs: number, nowMs: number, cost = 1): number {
  return Math.max(tatMs, nowMs) + cost * gcra.intervalMs - gcra.toleranceMs;
}

/** Whether a moment has come, forgiving what floating point adds up to. */
export function isDue(momentMs: number, nowMs: number): boolean {
  return nowMs >= momentMs - ON_TIME_MS;
}

/**
 * The whole seconds of `Retry-After` until a moment, at least 1. Slots are sums of intervals that often end on a whole second: without
 * forgiving the rounding error some waits would be a second too long.
 */
export function wholeSeconds(momentMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((momentMs - nowMs - ON_TIME_MS) / 1000));
}

/** The arrival time after an admitted request. Only admissions move it; a rejection leaves the key as it was. */
export function charge(gcra: Gcra, tatMs: number, nowMs: number, cost = 1): number {
  return Math.max(tatMs, nowMs) + cost * gcra.intervalMs;
}

/** An answer carries `RateLimit` when at most this share of a bucket is left. */
const NEAR_LIMIT_SHARE = 0.2;

/** Whether so little is left of a bucket that the caller should know. */
export function isNearLimit(gcra: Gcra, tatMs: number, nowMs: number): boolean {
  return tatMs - nowMs > gcra.toleranceMs * (1 - NEAR_LIMIT_SHARE);
}

/** Whole requests left now. */
export function remaining(gcra: Gcra, tatMs: number, nowMs: number): number {
  return Math.max(0, Math.floor((gcra.toleranceMs - Math.max(0, tatMs - nowMs) + ON_TIME_MS) / gcra.intervalMs));
}

/** Whole seconds until there is at least one request more than {@link remaining} says; 0 for a full bucket. */
export function resetSeconds(gcra: Gcra, tatMs: number, nowMs: number): number {
  const left = remaining(gcra, tatMs, nowMs);
  if (left >= gcra.burst) return 0;
  return wholeSeconds(tatMs + (left + 1) * gcra.intervalMs - gcra.toleranceMs, nowMs);
}
