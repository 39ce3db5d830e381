import type { Random } from '@openkupe/contract/random';
import type { Send, SimResponse } from './exchange.ts';
import { burstOf, type Change, createLimiter, type Decision, type Limit, rateOf } from './limiters.ts';
import { elapsedMs, sleep } from './virtual-time.ts';

export interface LimitedServerOptions {
  readonly limit: Limit;
  readonly change?: Change;
  /** `next-token`: true for a client that is alone. `reservation`: the next free slot, a different one for each. */
  readonly retryAfter: 'next-token' | 'reservation';
  readonly hasFields: boolean;
  /** The time of a request and of its answer together, from and to. */
  readonly roundTripMs: readonly [number, number];
  readonly random: Random;
  /** Since the limit began; the virtual time when absent. */
  readonly now?: () => number;
}

export interface SharerCounts {
  requests: number;
  refused: number;
}

const HORIZON_MS = 60_000;
const JSON_TYPE = { 'content-type': 'application/json' };

/** A limit behind a network. Each sharer has a way of its own to it, so that what it sends can be counted. */
export function createLimitedServer({
  limit,
  change,
  retryAfter,
  hasFields,
  roundTripMs,
  random,
  now: elapsed = elapsedMs,
}: LimitedServerOptions) {
  const take = createLimiter(limit, change);
  const slotMs = 1_000 / rateOf(limit);
  let promise = 0;

  const fields = ({ remaining, moreInMs }: Decision): Record<string, string> => {
    if (!hasFields) return {};
    const policy = `"address";q=${burstOf(limit)};w=${Math.max(1, Math.round((burstOf(limit) * slotMs) / 1_000))}`;
    return { ratelimit: `"address";r=${remaining};t=${Math.ceil(moreInMs / 1_000)}`, 'ratelimit-policy': policy };
  };
  const answer = (counts: SharerCounts): SimResponse => {
    const now = elapsed();
    const decision = take(now);
    const { isAccepted, freeInMs } = decision;
    const headers = { ...JSON_TYPE, ...fields(decision) };
    counts.requests += 1;
    if (isAccepted) return { status: 200, headers, body: '{"items":[]}' };
    counts.refused += 1;
    promise = Math.min(Math.max(promise, now + freeInMs) + slotMs, now + HORIZON_MS);
    const waitMs = retryAfter === 'reservation' ? promise - now : freeInMs;
    const waiting = { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1_000))) };
    return { status: 429, headers: { ...headers, ...waiting }, body: '{"error":"Too many requests"}' };
  };
  const [least, most] = roundTripMs;
  const oneWay = () => sleep((least + (most - least) * random.unit()) / 2);

  return {
    connect(): { send: Send; counts: SharerCounts } {
      const counts: SharerCounts = { requests: 0, refused: 0 };
      const send: Send = async () => {
        await oneWay();
        const response = answer(counts);
        await oneWay();
        return response;
      };
      return { send, counts };
    },
  };
}
