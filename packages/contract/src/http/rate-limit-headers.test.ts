import { expect, it } from 'vitest';
import { formatRateLimitPolicies, formatRateLimits } from './rate-limit-headers.ts';

it('prints the fields of draft-ietf-httpapi-ratelimit-headers-11', () => {
  expect(formatRateLimitPolicies([{ name: 'address', quota: 100, windowSeconds: 5 }])).toBe('"address";q=100;w=5');
  expect(
    formatRateLimits([
      { name: 'address', remaining: 0, resetSeconds: 2 },
      { name: 'key', remaining: 9, resetSeconds: 1 },
    ]),
  ).toBe('"address";r=0;t=2, "key";r=9;t=1');
});
