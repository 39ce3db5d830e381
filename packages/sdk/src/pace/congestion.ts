import { createGrowingBucket } from './growing-bucket.ts';

/** A new estimate of the rate counts as many calls at the old one besides those since the last refusal: few calls are much chance. */
const PRIOR_CALLS = 8;
/** As many calls more than the estimate allows for show that the limit gives more, and the rate is searched for as at first. */
const SURPLUS_CALLS = 3;
/** The first estimate is no less: "exponential backoff … capping at 30 seconds". It may be of an hour without much to send. */
const LEAST_AT_FIRST = 1 / 30;
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
  /** One while nothing was accepted since two refusals in a row. */
  readonly concurrency: number;
  /** Moves with every congestion event; refusals of requests sent before it belong to the same event. */
  readonly epoch: number;
  /** How many were accepted since the beginning. */
  readonly acceptedCount: number;
  /** How many were accepted in the last second. */
  acceptedPerSecond(nowMs: number): number;
  /** Milliseconds after which to ask again whether one more may be sent, 0 when it may be now. Time spent waiting makes the rate grow. */
  waitMs(nowMs: number): number;
  /** One is sent. */
  spend(nowMs: number): void;
  /** `isBusy`: everything that may be in flight is, so a larger number may help. */
  accepted(nowMs: number, isBusy: boolean): void;
  /**
   * A request sent in `sentIn` was refused, and nothing is sent for `waitMs`; then one may be, or later at doubling distances where nothing
   * was accepted since the last refusal, and after two seconds and more all of a window at once. `jitter` from 0 to 1 is chance, so that
   * clients which are refused together do not return together. Counted once per congestion event; one that keeps a slot (`isReserved`) is
   * no sign of trouble after the first, and nothing changes.
   */
  refused(nowMs: number, sentIn: number, waitMs: number, jitter: number, isReserved: boolean): void;
  /** After an outage, before which `perSecond` were accepted: begins low and doubles as after the first refusal. */
  restart(nowMs: number, perSecond: number): void;
}

/** Counts the events of the last second. */
function createLastSecond() {
  const times: number[] = [];
  const count = (nowMs: number) => {
    while ((times[0] ?? nowMs) <= nowMs - SECOND_MS) times.shift();
    return times.length;
  };
  return {
    count,
    add(nowMs: number) {
      count(nowMs);
      times.push(nowMs);
    },
  };
}

/** What happened since the last refusal, or since the last one before which something was accepted. */
interface Span {
  readonly count: number;
  readonly spanMs: number;
  /** What the server asks for now. */
  readonly waitMs: number;
  /** Accepted in the last second. */
  readonly lately: number;
}

/** Requests per second, with the estimate `before` it. */
function estimate({ count, spanMs, waitMs, lately }: Span, before: number): number {
  const beforeMs = (PRIOR_CALLS * SECOND_MS) / before;
  // NOTE: a wait that the server asks for explains why nothing is accepted; only what lasts longer counts against the rate.
  if (count === 0) return (PRIOR_CALLS * SECOND_MS) / (Math.max(0, spanMs - waitMs) + beforeMs);
  // NOTE: one call less than was counted, so that the slowest of many clients that share a limit leave room for each other.
  return Math.max(lately, ((count - 1 + PRIOR_CALLS) * SECOND_MS) / (spanMs + beforeMs));
}

/** What is left at least where something was accepted, because the span may be one without much to send: half, from one request a second on. */
function leastOf(perSecond: number): number {
  return perSecond >= 2 ? perSecond / 2 : 0;
}

/** How many tokens' time to wait: twice as many for each refusal in a row, or where a token takes longer than a second the page's backoff. */
function backoff(perSecond: number, repeated: number, jitter: number): number {
  return Math.max(1, 2 ** repeated * Math.min(1, perSecond)) * (0.75 + jitter / 2);
}

/** Makes the state of one limit, without a rate until the first refusal. */
export function createCongestion(): Congestion {
  const bucket = createGrowingBucket();
  let concurrency = START_CONCURRENCY;
  let epoch = 0;
  let acceptedCount = 0;
  /** Accepted since the last refusal, and since `spanAt`: the first request, or the last refusal before which something was accepted. */
  let count = 0;
  let spanAt: number | undefined;
  /** Accepted between the last two of these. */
  let lastCount = 0;
  /** Refusals since something was accepted, besides the first. */
  let repeated = 0;
  let resumedAt = 0;
  /** How many may be accepted at once at `resumedAt` at the old rate: those that are sent, or what a bucket saves in the wait. */
  let saved = 0;
  /** The last estimate, requests per second, and the one at `spanAt`. */
  let base = 0;
  let spanBase = 0;
  const lastSecond = createLastSecond();

  return {
    get rate() {
      return bucket.rate;
    },
    get concurrency() {
      return repeated > 0 ? 1 : Math.floor(concurrency);
    },
    get epoch() {
      return epoch;
    },
    get acceptedCount() {
      return acceptedCount;
    },
    acceptedPerSecond: lastSecond.count,
    waitMs: bucket.waitMs,
    spend(nowMs) {
      spanAt ??= nowMs;
      bucket.spend(nowMs);
    },
    accepted(nowMs, isBusy) {
      count += 1;
      acceptedCount += 1;
      repeated = 0;
      lastSecond.add(nowMs);
      const allowed = saved + (base * (nowMs - resumedAt)) / SECOND_MS;
      if (epoch > 0 && nowMs > resumedAt && count > allowed + SURPLUS_CALLS) bucket.search(nowMs);
      if (isBusy) concurrency = Math.min(MOST_CONCURRENCY, concurrency + EAGERNESS);
    },
    refused(nowMs, sentIn, waitMs, jitter, isReserved) {
      if (sentIn !== epoch) return;
      const isFirst = epoch === 0;
      const isRepeated = count === 0 && !isFirst;
      if (isFirst || !isReserved) {
        bucket.fill(nowMs);
        const waitS = waitMs / SECOND_MS;
        const lately = lastSecond.count(nowMs);
        const span = { count, spanMs: nowMs - (spanAt as number), waitMs, lately: nowMs - resumedAt < SECOND_MS ? 0 : lately - 1 };
        if (isFirst) base = Math.max(LEAST_AT_FIRST, ((count + 1) * SECOND_MS) / (span.spanMs + Math.max(SECOND_MS, waitMs)));
        else base = Math.min(bucket.rate, Math.max(count > 0 ? leastOf(bucket.rate) : 0, estimate(span, isRepeated ? spanBase : base)));
        if (isRepeated) {
          repeated += 1;
          concurrency = Math.max(1, concurrency / 2);
        } else {
          lastCount = count;
          spanAt = nowMs;
          spanBase = base;
        }
        // NOTE: a wait of one second may be any part of one. After a longer one a window opens, or the bucket fills up, and holds what was accepted
        // last time.
        const most = waitMs >= 2 * SECOND_MS ? lastCount + 1 : isRepeated ? 0 : 1;
        count = 0;
        resumedAt = nowMs + waitMs;
        const tokens = most === 0 ? 1 - backoff(base, repeated, jitter) : Math.max(0.5 - jitter, Math.min(most, (waitS + 1) * base));
        saved = Math.max(tokens, waitS * base);
        bucket.begin(resumedAt, base, tokens, isFirst);
      }
      epoch += 1;
    },
    restart(nowMs, perSecond) {
      base = Math.min(bucket.rate, RESTART_SHARE * perSecond);
      bucket.begin(nowMs, base, 0, true);
    },
  };
}
