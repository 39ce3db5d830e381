/*
 * What each constant is worth is measured by the grid of the client benchmark, `npm run bench:client -- --only grid,openkupe`. In brackets
 * what the grid gives without it: × ideal (median) and refusals per call (median), where all of them together give 1.17 and 0.14.
 */
/** Until the limit has shown itself twice the rate doubles in so many seconds. (2 s instead: 1.20) */
const SEARCH_S = 0.5;
/** Afterwards it doubles by the cube of time, slowly near the estimate and ever faster after so many seconds. (never: 1.23, worst +25 %) */
const PROBE_S = 6;
/** Besides, it rises by so much a second, the same for everyone: who has less than others gains on them. (0: 1.26) */
const LINEAR = 0.5;
/** Of what was accepted in the second before a refusal so much is the new rate. (1: 1.16, but 0.15 refused; 0.8: 1.20) */
const KEEP = 0.95;
/** No client is slower than one request in a hundred seconds: a bound, so that 100 of them can share 80 a minute. */
const LEAST_RATE = 0.01;
/** In flight at first, and what each success adds while nothing was refused: half as many again per round trip. (10: 0.18 refused) */
const START_CONCURRENCY = 5;
const EAGERNESS = 0.5;
const MOST_CONCURRENCY = 512;
/** After an outage the rate starts at this share of what was accepted before it. */
const RESTART_SHARE = 0.5;
/** A rate that grows is computed anew after so long, however long the next token would take. */
const STEP_MS = 100;
const SECOND_MS = 1_000;
/** Rounding errors of sums of tokens stay far below this. */
const NEARLY = 1e-6;

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
  let rate = Number.POSITIVE_INFINITY;
  /** The rate that the growth starts from, and for how long it has grown: seconds, or own calls where those are rarer. */
  let base = rate;
  let growth = 0;
  let isSearching = false;
  let tokens = 0;
  let filledAt = 0;
  let isWaiting = false;
  let concurrency = START_CONCURRENCY;
  let epoch = 0;
  let acceptedCount = 0;
  /** Accepted since `spanAt`: the beginning, or the last refusal before the first of them. */
  let count = 0;
  let spanAt: number | undefined;
  let refusedAt = 0;
  let resumedAt = 0;
  /** Refusals since the last success. */
  let refusals = 0;
  const lastSecond: number[] = [];

  const grown = () => {
    if (isSearching) return base * 2 ** (growth / SEARCH_S);
    return (base + growth * Math.min(base, LINEAR)) * 2 ** ((growth / PROBE_S) ** 3);
  };
  const fill = (nowMs: number) => {
    if (nowMs <= filledAt) return;
    if (Number.isFinite(rate)) {
      const spanS = (nowMs - filledAt) / SECOND_MS;
      tokens = Math.min(Math.max(1, tokens), tokens + spanS * rate);
      if (isWaiting) growth += spanS * Math.min(1, rate);
      rate = grown();
    }
    isWaiting = false;
    filledAt = nowMs;
  };
  const acceptedPerSecond = (nowMs: number) => {
    while (lastSecond.length > 0 && (lastSecond[0] as number) <= nowMs - SECOND_MS) lastSecond.shift();
    return lastSecond.length;
  };
  /** What the limit gives, seen from a refusal. A third one in a row halves it, and so on. */
  const estimate = (nowMs: number, quietMs: number) => {
    if (refusals > 0) return refusals > 1 ? base / 2 : base;
    const spanMs = Math.max(1, nowMs - (spanAt ?? nowMs));
    if (epoch === 0) return ((count + 1) * SECOND_MS) / (spanMs + Math.max(SECOND_MS, quietMs));
    const lately = nowMs - resumedAt >= SECOND_MS ? KEEP * acceptedPerSecond(nowMs) : 0;
    return Math.min(rate, Math.max((count * SECOND_MS) / spanMs, lately));
  };
  return {
    get rate() {
      return rate;
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
      return count > 0 && refusals === 0;
    },
    acceptedPerSecond,
    waitMs(nowMs) {
      fill(nowMs);
      if (!Number.isFinite(rate) || tokens >= 1 - NEARLY) return 0;
      isWaiting = true;
      return Math.min(STEP_MS, ((1 - tokens) / rate) * SECOND_MS);
    },
    spend(nowMs) {
      spanAt ??= nowMs;
      fill(nowMs);
      if (Number.isFinite(rate)) tokens -= 1;
    },
    accepted(nowMs, isBusy) {
      if (refusals > 0) {
        spanAt = refusedAt;
        count = 0;
        refusals = 0;
      }
      count += 1;
      acceptedCount += 1;
      acceptedPerSecond(nowMs);
      lastSecond.push(nowMs);
      if (isBusy) concurrency = Math.min(MOST_CONCURRENCY, concurrency + EAGERNESS);
    },
    refused(nowMs, sentIn, quietMs, jitter, isReserved) {
      if (sentIn !== epoch) return;
      fill(nowMs);
      const isFirst = epoch === 0;
      if (isFirst || !isReserved) {
        base = Math.max(LEAST_RATE, estimate(nowMs, quietMs));
        rate = base;
        growth = 0;
        isSearching = isFirst;
        if (refusals > 0 || count === 0) concurrency = Math.max(1, concurrency / 2);
        // NOTE: who has waited in full may ask once. A wait of a second may be any part of one; in a longer one a window opens, or the
        // bucket fills up, so it earns what the rate gives in that time.
        const asks = refusals > 0 ? -jitter : quietMs > 0 || count === 0 ? 1 : 0;
        tokens = Math.max(asks, quietMs >= 2 * SECOND_MS ? (quietMs / SECOND_MS) * rate : asks);
        refusals += 1;
        filledAt = nowMs + quietMs;
        refusedAt = nowMs;
        resumedAt = nowMs + quietMs;
      }
      epoch += 1;
    },
    restart(nowMs, perSecond) {
      base = Math.min(rate, RESTART_SHARE * perSecond);
      rate = base;
      growth = 0;
      isSearching = true;
      tokens = 0;
      filledAt = nowMs;
      resumedAt = nowMs;
    },
  };
}
