import { formatRateLimitPolicies, formatRateLimits, formatRetryAfter, type RateLimitPolicy, type RateLimitState } from '@openkupe/contract';
import { type Gcra, type RateLimit, remaining, resetSeconds, waitMs } from './gcra.ts';
import type { GuardHeaders } from './guard.ts';

/** An answer carries `RateLimit` when at most this share of a bucket is left. */
const NEAR_LIMIT_SHARE = 0.2;

/** What a limiter thinks of a request. One object per limiter, overwritten by the next `ask`. */
export interface Verdict {
  isAdmitted: boolean;
  /** When this caller is admitted at the earliest. */
  readyAtMs: number;
  /** The key's arrival time and constants. */
  tatMs: number;
  /** How much of the bucket this caller has to leave to others, in milliseconds. */
  reservedMs: number;
  gcra: Gcra;
  askedAtMs: number;
}

/** A bucket as a policy: `burst` requests per time it takes to fill, in whole seconds rounded up. */
export function policyOf(limit: RateLimit): RateLimitPolicy {
  return { name: limit.name, quota: limit.burst, windowSeconds: Math.max(1, Math.ceil(limit.burst / limit.perSecond)) };
}

/** How far ahead an arrival time is when so little is left that the caller should be told, in milliseconds. */
export function nearLimitMs(gcra: Gcra): number {
  return gcra.toleranceMs * (1 - NEAR_LIMIT_SHARE);
}

export function stateOf(name: string, gcra: Gcra, tatMs: number, nowMs: number): RateLimitState {
  return { name, remaining: remaining(gcra, tatMs, nowMs), resetSeconds: resetSeconds(gcra, tatMs, nowMs) };
}

/**
 * The state as it is for the caller who asked last, who may have to leave a part of the bucket to others. To whoever is refused nothing is
 * left, whatever would do for a cheaper request, until it would be admitted.
 */
export function stateForCaller(name: string, asked: Verdict, nowMs: number): RateLimitState {
  if (asked.isAdmitted) return stateOf(name, asked.gcra, Math.max(asked.tatMs, nowMs) + asked.reservedMs, nowMs);
  return { name, remaining: 0, resetSeconds: Math.max(1, Math.ceil(waitMs(asked.readyAtMs, nowMs) / 1000)) };
}

/** `RateLimit` and `RateLimit-Policy`, and on a refusal `Retry-After`, which is never earlier than any `t` of an exhausted policy. */
export function rateLimitFields(
  policies: readonly RateLimitPolicy[],
  states: readonly RateLimitState[],
  retryAfterMs?: number,
): GuardHeaders {
  return {
    'ratelimit-policy': formatRateLimitPolicies(policies),
    ratelimit: formatRateLimits(states),
    ...(retryAfterMs === undefined ? {} : { 'retry-after': formatRetryAfter(retryAfterMs) }),
  };
}
