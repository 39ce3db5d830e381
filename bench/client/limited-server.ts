import type { Random } from '@openkupe/contract/random';
import type { Send, SimResponse } from './exchange.ts';
import { elapsedMs, sleep } from './virtual-time.ts';

export interface LimitOptions {
  readonly perSecond: number;
  readonly burst: number;
  /** `next-token`: the truth for whoever asks alone. `reservation`: the next free slot, a different one for each. */
  readonly retryAfter: 'next-token' | 'reservation';
  readonly hasFields: boolean;
  readonly random: Random;
}

export interface LimitCounts {
  requests: number;
  refused: number;
}

const HORIZON_MS = 60_000;

/** A generic cell rate limiter behind a network with 40 to 60 ms of latency. */
export function createLimitedServer({ perSecond, burst, retryAfter, hasFields, random }: LimitOptions): {
  send: Send;
  counts: LimitCounts;
} {
  const counts: LimitCounts = { requests: 0, refused: 0 };
  const slotMs = 1_000 / perSecond;
  const toleranceMs = burst * slotMs;
  let arrival = 0;
  let promise = 0;

  const fields = (now: number): Record<string, string> => {
    if (!hasFields) return {};
    const usedMs = Math.max(0, arrival - now);
    const remaining = Math.max(0, Math.floor((toleranceMs - usedMs) / slotMs));
    const policy = `"address";q=${burst};w=${Math.max(1, Math.round(toleranceMs / 1_000))}`;
    return {
      ratelimit: `"address";r=${remaining};t=${Math.ceil(Math.max(0, usedMs + slotMs - toleranceMs) / 1_000)}`,
      'ratelimit-policy': policy,
    };
  };
  const answer = (): SimResponse => {
    const now = elapsedMs();
    counts.requests += 1;
    arrival = Math.max(arrival, now);
    const allowAt = arrival + slotMs - toleranceMs;
    if (now >= allowAt) {
      arrival += slotMs;
      return { status: 200, headers: { 'content-type': 'application/json', ...fields(now) }, body: '{"items":[]}' };
    }
    counts.refused += 1;
    promise = Math.min(Math.max(promise, allowAt) + slotMs, now + HORIZON_MS);
    const waitMs = retryAfter === 'reservation' ? promise - now : allowAt - now;
    const headers = { 'content-type': 'application/json', 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1_000))), ...fields(now) };
    return { status: 429, headers, body: '{"error":"Too many requests"}' };
  };
  const oneWayMs = () => 20 + 10 * random.unit();
  const send: Send = async () => {
    await sleep(oneWayMs());
    const response = answer();
    await sleep(oneWayMs());
    return response;
  };
  return { send, counts };
}
