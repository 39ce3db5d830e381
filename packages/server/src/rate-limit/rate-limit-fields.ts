import { formatRateLimitPolicies, formatRateLimits, formatRetryAfter, type RateLimitPolicy, type RateLimitState } from '@openkupe/contract';
import type { LimitHeaders } from './admission.ts';
import { type Gcra, type RateLimit, remaining, resetSeconds } from './gcra.ts';

/** An answer carries `RateLimit` when at most this share of a bucket is left. */
const NEAR_LIMIT_SHARE = 0.2;

/** A bucket as a policy: `burst` requests per time it takes to fill, in whole seconds rounded up. */
export function policyOf(limit: RateLimit): RateLimitPolicy {
  return { name: limit.name, quota: limit.burst, windowSeconds: Math.max(1, Math.ceil(limit.burst / limit.perSecond)) };
}

/** Whether so little is left of a bucket that the caller should know. */
export function isNearLimit(gcra: Gcra, tatMs: number, nowMs: number): boolean {
  return tatMs - nowMs > gcra.toleranceMs * (1 - NEAR_LIMIT_SHARE);
}

/** What is left of a bucket: whole requests, and whole seconds until there is one more. */
export function stateOf(name: string, gcra: Gcra, tatMs: number, nowMs: number): RateLimitState {
  return { name, remaining: remaining(gcra, tatMs, nowMs), resetSeconds: resetSeconds(gcra, tatMs, nowMs) };
}

/** The headers of draft-ietf-httpapi-ratelimit-headers-11, and on a refusal `Retry-After`, which is never earlier than any `t` of an exhausted policy. */
export function rateLimitFields(
  policies: readonly RateLimitPolicy[],
  states: readonly RateLimitState[],
  retryAfterMs?: number,
): LimitHeaders {
  return {
    'ratelimit-policy': formatRateLimitPolicies(policies),
    ratelimit: formatRateLimits(states),
    ...(retryAfterMs === undefined ? {} : { 'retry-after': formatRetryAfter(retryAfterMs) }),
  };
}
