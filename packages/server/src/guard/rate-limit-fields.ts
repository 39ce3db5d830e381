import { formatRateLimitPolicies, formatRateLimits, formatRetryAfter, type RateLimitPolicy, type RateLimitState } from '@openkupe/contract';
import { type Gcra, type RateLimit, remaining, resetSeconds } from './gcra.ts';
import type { GuardHeaders } from './guard.ts';

/** An answer carries `RateLimit` when at most this share of a bucket is left. */
const NEAR_LIMIT_SHARE = 0.2;

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
