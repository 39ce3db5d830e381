import type { RetryPolicy } from './policy.ts';

/** Full jitter: anywhere between 0 and the exponential step, `chance` in [0, 1). `failures` counts from 1. Whole milliseconds. */
export function backoffMs(failures: number, policy: Pick<RetryPolicy, 'firstDelayMs' | 'longestDelayMs'>, chance: number): number {
  return Math.ceil(chance * Math.min(policy.longestDelayMs, policy.firstDelayMs * 2 ** (failures - 1)));
}

/**
 * What the server asked for plus up to a tenth, at most a second, so that clients with the same `Retry-After` do not return together, and
 * never past the deadline. Never less: "Retry-After is the number of seconds to wait before retrying."
 */
export function obeyedMs(serverWaitMs: number, chance: number, leftMs: number): number {
  return serverWaitMs + Math.floor(chance * Math.min(1_000, serverWaitMs / 10, (leftMs - serverWaitMs) / 2));
}
