/** `RateLimit` and `RateLimit-Policy` as structured fields, in the form of draft-ietf-httpapi-ratelimit-headers-11. */
export interface RateLimitPolicy {
  /** The policy's name, a token such as `address`. */
  readonly name: string;
  /** Requests allowed in one window, or running at the same time. */
  readonly quota: number;
  /** The window in seconds; absent for a cap on what runs at the same time. */
  readonly windowSeconds?: number;
}

/** What is left of one policy: an item of the `RateLimit` field. */
export interface RateLimitState {
  readonly name: string;
  /** Requests left now, a whole number. */
  readonly remaining: number;
  /** Whole seconds until more quota is available; a delay, never a time of day. */
  readonly resetSeconds: number;
}

/** @example formatRateLimitPolicies([{ name: 'address', quota: 100, windowSeconds: 5 }]) // '"address";q=100;w=5' */
export function formatRateLimitPolicies(policies: readonly RateLimitPolicy[]): string {
  return policies
    .map(
      ({ name, quota, windowSeconds }) =>
        `"${name}";q=${quota};${windowSeconds === undefined ? 'qu="concurrent-requests"' : `w=${windowSeconds}`}`,
    )
    .join(', ');
}

/** @example formatRateLimits([{ name: 'address', remaining: 3, resetSeconds: 2 }]) // '"address";r=3;t=2' */
export function formatRateLimits(states: readonly RateLimitState[]): string {
  return states.map((state) => `"${state.name}";r=${state.remaining};t=${state.resetSeconds}`).join(', ');
}
