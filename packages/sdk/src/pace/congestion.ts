/*
 * What each constant is worth was measured with 150 cells of the client benchmark's grid (`npm run bench:client -- --only grid,openkupe`): the
 * medians of × ideal and of refusals per call are 1.18 and 0.12 with all of them, and what stands in brackets with another value.
 */
/** Seconds in which the rate doubles between the first refusal and the second. (2: 1.18 and 0.12, but 1.62 for one cell in ten) */
const SEARCH_S = 0.5;
/** Seconds after which the cube of time has doubled the rate, from the second refusal on. (never: 1.27, one in ten 2.05) */
const PROBE_S = 6;
/** Requests per second by which the rate rises besides in a second, alike for every client that shares a limit. (0: 1.24) */
const LINEAR = 0.5;
/** The share of what was accepted in the second before a refusal that the new rate is at least. (0: 1.23; 1: 1.19 and 0.13) */
const KEEP = 0.95;
/** Requests per second: the slowest rate. A bound; with 0.2 a hundred clients on 80 a minute are refused five times per request. */
const LEAST_RATE = 0.01;
/** In flight at first. (10: 1.20) */
const START_CONCURRENCY = 5;
/** What each success adds to it while all that may be is in flight: half as many again in each round trip. (1: 1.18 and 0.14) */
const EAGERNESS = 0.5;
/** A bound on what may be in flight. */
const MOST_CONCURRENCY = 512;
/** After an outage the rate starts at this share of what was accepted before it; the circuit breaker's scenarios decide it. */
const RESTART_SHARE = 0.5;
/** Milliseconds after which a rate that grows is computed anew while the next token is waited for. */
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
        const asks = refusals > 0 ? 0.5 - jitter : quietMs > 0 || count === 0 ? 1 : 0;
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
