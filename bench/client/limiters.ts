/**
 * A limit as a server enforces it: a token bucket (as GCRA), so many calls in a fixed window that begins with its first call or, with
 * `phaseMs`, at each multiple of its length after that; so many calls in any window of that length (a sliding log); or a token bucket that is filled up
 * by a whole portion at a time, as a gateway's local limit is (Envoy's `tokens_per_fill` and `fill_interval`).
 */
export type Limit =
  | { readonly kind: 'steady'; readonly perSecond: number; readonly burst: number }
  | { readonly kind: 'window'; readonly calls: number; readonly windowMs: number; readonly phaseMs?: number }
  | { readonly kind: 'sliding'; readonly calls: number; readonly windowMs: number }
  | { readonly kind: 'filled'; readonly calls: number; readonly windowMs: number; readonly burst: number };

/** The limit is multiplied by `factor` at `atMs`; the depth of a bucket stays what it was. */
export interface Change {
  readonly atMs: number;
  readonly factor: number;
}

export interface Decision {
  readonly isAccepted: boolean;
  /** Milliseconds until one more would be accepted, 0 when it would be now. */
  readonly freeInMs: number;
  /** How many more would be accepted now, and when it will be more: the `r` and `t` of a RateLimit field. */
  readonly remaining: number;
  readonly moreInMs: number;
}

export type Limiter = (nowMs: number) => Decision;

/** A number that may change with time. */
type AtTime = (nowMs: number) => number;

/** Sums of times have rounding errors far below this; they must neither refuse what is due nor let a queue ask for ever. */
const ROUNDING_MS = 1e-6;

function createSteady(perSecond: AtTime, burst: number): Limiter {
  let arrival = 0;
  let slotMs = 1_000 / perSecond(0);
  return (nowMs) => {
    const newSlotMs = 1_000 / perSecond(nowMs);
    // NOTE: what a bucket lacks is a number of tokens, and stays that number when the rate changes.
    arrival = nowMs + (Math.max(0, arrival - nowMs) * newSlotMs) / slotMs;
    slotMs = newSlotMs;
    const toleranceMs = burst * slotMs;
    const isAccepted = nowMs >= arrival + slotMs - toleranceMs - ROUNDING_MS;
    if (isAccepted) arrival += slotMs;
    const freeInMs = Math.max(0, arrival + slotMs - toleranceMs - nowMs);
    const remaining = Math.max(0, Math.floor((toleranceMs - (arrival - nowMs)) / slotMs));
    return { isAccepted, freeInMs, remaining, moreInMs: freeInMs };
  };
}

function createWindow(calls: AtTime, windowMs: number, phaseMs: number | undefined): Limiter {
  let endsAt = Number.NEGATIVE_INFINITY;
  let used = 0;
  return (nowMs) => {
    if (nowMs >= endsAt) {
      endsAt = phaseMs === undefined ? nowMs + windowMs : phaseMs + windowMs * (Math.floor((nowMs - phaseMs) / windowMs) + 1);
      used = 0;
    }
    const remaining = Math.max(0, calls(nowMs) - used);
    const isAccepted = remaining > 0;
    if (isAccepted) used += 1;
    const left = Math.max(0, remaining - 1);
    const moreInMs = endsAt - nowMs;
    return { isAccepted, freeInMs: left > 0 ? 0 : moreInMs, remaining: left, moreInMs };
  };
}

function createSliding(calls: AtTime, windowMs: number): Limiter {
  const log: number[] = [];
  return (nowMs) => {
    while ((log[0] ?? nowMs) <= nowMs - windowMs) log.shift();
    const limit = calls(nowMs);
    const isAccepted = log.length < limit;
    if (isAccepted) log.push(nowMs);
    const remaining = Math.max(0, limit - log.length);
    const next = log[Math.max(0, log.length - limit)] ?? nowMs;
    return { isAccepted, freeInMs: remaining > 0 ? 0 : next + windowMs - nowMs, remaining, moreInMs: (log[0] ?? nowMs) + windowMs - nowMs };
  };
}

function createFilled(calls: AtTime, fillMs: number, burst: number): Limiter {
  let tokens = burst;
  let fills = 0;
  return (nowMs) => {
    const due = Math.floor(nowMs / fillMs);
    if (due > fills) tokens = Math.min(burst, tokens + (due - fills) * calls(nowMs));
    fills = due;
    const isAccepted = tokens > 0;
    if (isAccepted) tokens -= 1;
    const moreInMs = (fills + 1) * fillMs - nowMs;
    return { isAccepted, freeInMs: tokens > 0 ? 0 : moreInMs, remaining: tokens, moreInMs };
  };
}

/** A limiter with nothing used yet. With `change` it is another one from that time on. */
export function createLimiter(limit: Limit, change?: Change): Limiter {
  const changing =
    (value: number, least: number): AtTime =>
    (nowMs) =>
      change && nowMs >= change.atMs ? Math.max(least, value * change.factor) : value;
  if (limit.kind === 'steady') return createSteady(changing(limit.perSecond, 0), limit.burst);
  const whole = changing(limit.calls, 1);
  const calls = (nowMs: number) => Math.round(whole(nowMs));
  if (limit.kind === 'filled') return createFilled(calls, limit.windowMs, limit.burst);
  return limit.kind === 'window' ? createWindow(calls, limit.windowMs, limit.phaseMs) : createSliding(calls, limit.windowMs);
}

/** Calls per second in the long run. */
export function rateOf(limit: Limit): number {
  return limit.kind === 'steady' ? limit.perSecond : (limit.calls * 1_000) / limit.windowMs;
}

/** How many are accepted at once. */
export function burstOf(limit: Limit): number {
  return limit.kind === 'steady' || limit.kind === 'filled' ? limit.burst : limit.calls;
}

/**
 * The moments at which a limiter accepts when a request always waits at its door, from `nowMs` on: the earliest possible ones, because
 * none of these limiters accepts less in total for having accepted sooner.
 */
export function acceptNext(take: Limiter, nowMs: number): number {
  let now = nowMs;
  for (let decision = take(now); !decision.isAccepted; decision = take(now)) now += Math.max(ROUNDING_MS, decision.freeInMs);
  return now;
}

/**
 * When the calls are accepted by a server that always has a call waiting, without a network: the ideal. For a steady limit and
 * calls that all come at 0 the last one is at `(calls − burst) / rate`.
 */
export function idealAcceptances(limit: Limit, arrivalsMs: readonly number[]): number[] {
  const take = createLimiter(limit);
  let now = 0;
  return arrivalsMs
    .toSorted((one, other) => one - other)
    .map((arrival) => {
      now = acceptNext(take, Math.max(now, arrival));
      return now;
    });
}
