import { createGrowingBucket } from './growing-bucket.ts';

/** A new estimate of the rate counts as many calls at the old one besides those since the last refusal: few calls are much chance. */
const PRIOR_CALLS = 8;
/** What may be sent at once after a wait of two seconds or more, as a multiple of what the rate gives in it: a window holds more than that. */
const WINDOW_GAIN = 1.15;
/** In flight at first. */
const START_CONCURRENCY = 5;
/** What each success adds to it while all that may be is in flight: half as many again in each round trip. */
const EAGERNESS = 0.5;
/** A bound on what may be in flight. */
const MOST_CONCURRENCY = 512;
/** After an outage the rate starts at this share of what was accepted before it; the circuit breaker's scenarios decide it. */
const RESTART_SHARE = 0.5;
const SECOND_MS = 1_000;

/**
 * How fast and how many at once, learned from refusals alone. The client mirrors the limit with a token bucket: at a refusal the server's
 * bucket is empty, so what was accepted since the last refusal, divided by all the time since, pauses included, is what the limit gives.
 * From there the rate grows until the next refusal (AIMD of Chiu and Jain 1989 with the cube of CUBIC, RFC 9438, on time).
 * "If you hit 429 repeatedly, reduce request concurrency rather than only waiting longer."
 */
export interface Congestion {
  /** Requests per second, without limit until the first refusal. */
  readonly rate: number;
  readonly concurrency: number;
  /** Moves with every congestion event; refusals of requests sent before it belong to the same event. */
  readonly epoch: number;
  /** How many were accepted since the beginning. */
  readonly acceptedCount: number;
  /** Something was accepted since the last refusal. */
  readonly isOpen: boolean;
  /** How many were accepted in the last second. */
  acceptedPerSecond(nowMs: number): number;
  /** Milliseconds after which to ask again whether one more may be sent, 0 when it may be now. Time spent waiting makes the rate grow. */
  waitMs(nowMs: number): number;
  /** One is sent. */
  spend(nowMs: number): void;
  /** `isBusy`: everything that may be in flight is, so a larger number may help. */
  accepted(nowMs: number, isBusy: boolean): void;
  /**
   * A request sent in `sentIn` was refused, and nothing is sent for `quietMs`. `jitter` from 0 to 1 is chance, so that clients which are
   * refused together do not return together. Counted once per congestion event; one that keeps a slot
   * (`isReserved`) is no sign of trouble after the first, and nothing changes.
   */
  refused(nowMs: number, sentIn: number, quietMs: number, jitter: number, isReserved: boolean): void;
  /** After an outage, before which `perSecond` were accepted: begins low and doubles as after the first refusal. */
  restart(nowMs: number, perSecond: number): void;
}

/** Makes the state of one limit, without a rate until the first refusal. */
export function createCongestion(): Congestion {
  const bucket = createGrowingBucket();
  let concurrency = START_CONCURRENCY;
  let epoch = 0;
  let acceptedCount = 0;
  /** Accepted since `spanAt`: the first request, or the last refusal. */
  let count = 0;
  let spanAt: number | undefined;
  let resumedAt = 0;
  /** The last estimate, requests per second. */
  let base = 0;
  const lastSecond: number[] = [];

  const acceptedPerSecond = (nowMs: number) => {
    while ((lastSecond[0] ?? nowMs) <= nowMs - SECOND_MS) lastSecond.shift();
    return lastSecond.length;
  };
  return {
    get rate() {
      return bucket.rate;
    },
    get concurrency() {
      return Math.floor(concurrency);
    },
    get epoch() {
      return epoch;
    },
    get acceptedCount() {
      return acceptedCount;
    },
    get isOpen() {
      return count > 0;
    },
    acceptedPerSecond,
    waitMs: bucket.waitMs,
    spend(nowMs) {
      spanAt ??= nowMs;
      bucket.spend(nowMs);
    },
    accepted(nowMs, isBusy) {
      count += 1;
      acceptedCount += 1;
      acceptedPerSecond(nowMs);
      lastSecond.push(nowMs);
      if (isBusy) concurrency = Math.min(MOST_CONCURRENCY, concurrency + EAGERNESS);
    },
    refused(nowMs, sentIn, quietMs, jitter, isReserved) {
      if (sentIn !== epoch) return;
      const isFirst = epoch === 0;
      if (isFirst || !isReserved) {
        bucket.fill(nowMs);
        const quietS = quietMs / SECOND_MS;
        const spanS = (nowMs - (spanAt as number)) / SECOND_MS;
        // NOTE: one call less than was counted, so that the slowest of many clients that share a limit leave room for each other.
        const overall = (Math.max(0, count - 1) + PRIOR_CALLS) / (spanS + PRIOR_CALLS / base);
        const lately = nowMs - resumedAt >= SECOND_MS ? acceptedPerSecond(nowMs) - 1 : 0;
        base = isFirst ? (count + 1) / (spanS + Math.max(1, quietS)) : Math.min(bucket.rate, Math.max(overall, lately));
        // NOTE: after a full wait one request may be sent, or by chance later where the last ones were all refused. A wait of a second may be any
        // part of one; in a longer one a window opens, or the bucket fills up, so it earns what the rate gives in that time.
        const asks = count === 0 ? (isFirst ? 1 : 0.5 - jitter) : Math.min(1, quietS);
        if (count === 0) concurrency = Math.max(1, concurrency / 2);
        count = 0;
        spanAt = nowMs;
        resumedAt = nowMs + quietMs;
        bucket.begin(resumedAt, base, Math.max(asks, quietS < 2 ? 0 : WINDOW_GAIN * quietS * base), isFirst);
      }
      epoch += 1;
    },
    restart(nowMs, perSecond) {
      base = Math.min(bucket.rate, RESTART_SHARE * perSecond);
      bucket.begin(nowMs, base, 0, true);
    },
  };
}
