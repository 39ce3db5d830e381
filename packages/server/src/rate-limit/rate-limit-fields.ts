import { formatRateLimitPolicies, formatRateLimits, formatRetryAfter, type RateLimitPolicy, type RateLimitState } from '@openkupe/contract';
import type { LimitHeaders } from './admission.ts';
import { type Gcra, type RateLimit, remaining, resetSeconds } from './gcra.ts';

/** A bucket as a policy: `burst` requests per time it takes to fill, in whole seconds rounded up. */
export function policyOf(limit: RateLimit): RateLimitPolicy {
  return { name: limit.name, quota: limit.burst, windowSeconds: Math.max(1, Math.ceil(limit.burst / limit.perSecond)) };
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
