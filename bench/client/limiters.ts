/** A limit as a server enforces it: a steady rate with a burst (GCRA), or so many calls in a window that begins with its first. */
export type Limit =
  | { readonly kind: 'steady'; readonly perSecond: number; readonly burst: number }
  | { readonly kind: 'window'; readonly calls: number; readonly windowMs: number };

export interface Decision {
  readonly isAccepted: boolean;
  /** Milliseconds until one more would be accepted, 0 when it would be now. */
  readonly freeInMs: number;
  /** How many more would be accepted now, and when it will be more: the `r` and `t` of a RateLimit field. */
  readonly remaining: number;
  readonly moreInMs: number;
}

export type Limiter = (nowMs: number) => Decision;

function createSteady(perSecond: number, burst: number): Limiter {
  const slotMs = 1_000 / perSecond;
  const toleranceMs = burst * slotMs;
  let arrival = 0;
  return (nowMs) => {
    arrival = Math.max(arrival, nowMs);
    const isAccepted = nowMs >= arrival + slotMs - toleranceMs;
    if (isAccepted) arrival += slotMs;
    const freeInMs = Math.max(0, arrival + slotMs - toleranceMs - nowMs);
    const remaining = Math.max(0, Math.floor((toleranceMs - (arrival - nowMs)) / slotMs));
    return { isAccepted, freeInMs, remaining, moreInMs: freeInMs };
  };
}

function createWindow(calls: number, windowMs: number): Limiter {
  let endsAt = Number.NEGATIVE_INFINITY;
  let used = 0;
  return (nowMs) => {
    if (nowMs >= endsAt) {
      endsAt = nowMs + windowMs;
      used = 0;
    }
    const isAccepted = used < calls;
    if (isAccepted) used += 1;
    const moreInMs = endsAt - nowMs;
    return { isAccepted, freeInMs: used < calls ? 0 : moreInMs, remaining: calls - used, moreInMs };
  };
}

export function createLimiter(limit: Limit): Limiter {
  return limit.kind === 'steady' ? createSteady(limit.perSecond, limit.burst) : createWindow(limit.calls, limit.windowMs);
}

/** Calls per second in the long run. */
export function rateOf(limit: Limit): number {
  return limit.kind === 'steady' ? limit.perSecond : (limit.calls * 1_000) / limit.windowMs;
}

/** How many are accepted at once. */
export function burstOf(limit: Limit): number {
  return limit.kind === 'steady' ? limit.burst : limit.calls;
}

/** The rounding of a time must not make the ideal queue look at the same moment for ever. */
const LEAST_STEP_MS = 1e-6;

/**
 * When the calls are accepted by a server that always has somebody at its door, without a network: the ideal. For a steady limit and
 * calls that all come at 0 the last one is at `(calls − burst) / rate`.
 */
export function idealAcceptances(limit: Limit, arrivalsMs: readonly number[]): number[] {
  const take = createLimiter(limit);
  let now = 0;
  return arrivalsMs
    .toSorted((one, other) => one - other)
    .map((arrival) => {
      now = Math.max(now, arrival);
      for (let decision = take(now); !decision.isAccepted; decision = take(now)) now += Math.max(LEAST_STEP_MS, decision.freeInMs);
      return now;
    });
}
