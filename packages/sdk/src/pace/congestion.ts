import { createDeliveryRate, type DeliveryRate } from './delivery-rate.ts';

/*
 * NOTE: these constants won a sweep over one client at an unknown limit and 3 to 32 clients that share one, on seeds that the benchmark
 * does not report. Stronger growth finishes alone a little sooner and shares less fairly; see bench/client.
 */
/** The share of the rate that is kept after a refusal. */
const BETA = 0.93;
/** How fast the rate grows once it is past the point of the last refusal: requests per second per second cubed, and per second. */
const CUBIC = 0.1;
const LINEAR = 0.1;
/** It is back at that point after this many seconds, or later if the cubic says so. */
const LEAST_PLATEAU = 2;
/** A rate of more than this many times what is delivered falls to that, though by no more than half; quiet spells do not drag it down. */
const DELIVERED_WEIGHT = 4;
const LEAST_SHARE = 0.5;
/** How far above what is delivered a rate may stay when refused requests get slots to return in. */
const RESERVED_WEIGHT = 1.2;
/** The first refusal comes after a burst, which makes the delivery rate look better than it is. */
const FIRST_SHARE = 0.7;
/** The slowest rate after the first refusal, per second; until the second one it doubles in so many seconds. */
const FIRST_RATE = 1.15;
const DOUBLING_S = 5;
/** Doubling goes past the limit before a refusal tells; so much of where it ended is kept. */
const OVERSHOT_SHARE = 0.75;
/** After an outage the rate starts at this share of what was delivered before it. */
const RESTART_SHARE = 0.5;
const STEP_MS = 100;
const START_CONCURRENCY = 10;
const MOST_CONCURRENCY = 512;
/** While nothing was ever refused, each success adds this much to the number in flight. */
const EAGERNESS = 0.5;
/** No client is ever slower than this, in requests per second. */
const LEAST_RATE = 0.2;

/**
 * How fast and how many at once, learned from refusals alone: CUBIC on the rate that is delivered (Ha, Rhee, Xu 2008; the anchor is
 * what was accepted, not what was sent), and additive increase, halving on the number in flight. Growth depends on the time since the
 * last refusal and hardly on the own rate, and whoever sends more is refused more, so that clients that share a limit draw level.
 * "If you hit 429 repeatedly, reduce request concurrency rather than only waiting longer."
 */
export interface Congestion {
  /** Requests per second, without limit until the first refusal. */
  readonly rate: number;
  readonly concurrency: number;
  /** Moves with every congestion event; refusals of requests sent before it belong to the same event. */
  readonly epoch: number;
  readonly delivered: DeliveryRate;
  /** `isBusy`: everything that may be in flight is; `isQueued`: somebody waits or had to. Who could send more and does not learns nothing. */
  accepted(nowMs: number, isBusy: boolean, isQueued: boolean): void;
  /**
   * A request sent in `sentIn` was refused, and nothing is sent for `quietMs`. Counted once per congestion event. With a `slot` of its
   * own to return in it is no sign of trouble, and nothing is cut; but what is sent beyond what is delivered, while somebody is
   * `queued`, only earns more such refusals.
   */
  refused(nowMs: number, sentIn: number, quietMs: number, slot?: 'alone' | 'queued'): void;
  /** After an outage, before which `perSecond` was delivered: begins low and doubles as after the first refusal. */
  restart(nowMs: number, perSecond: number): void;
}

export function createCongestion(): Congestion {
  const delivered = createDeliveryRate();
  let rate = Number.POSITIVE_INFINITY;
  let concurrency = START_CONCURRENCY;
  let epoch = 0;
  /** Nothing is known of the limit but that it is above the rate: it grows without regard to where the last refusal came. */
  let isSearching = false;
  let highest = 0;
  let firstRefusals = 0;
  let resumedAt = 0;
  let steppedAt = 0;

  /** The rate after `seconds` without a refusal: back to where the last one came, slowly around that point, then ever faster. */
  const wanted = (seconds: number) => {
    if (isSearching) return highest * 2 ** (seconds / DOUBLING_S);
    const drop = highest * (1 - BETA);
    const plateauAt = Math.max(LEAST_PLATEAU, Math.cbrt(drop / CUBIC));
    const past = seconds - plateauAt;
    return highest + (past < 0 ? drop * (past / plateauAt) ** 3 : CUBIC * past ** 3 + LINEAR * past);
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
    delivered,
    accepted(nowMs, isBusy, isQueued) {
      delivered.accept(nowMs);
      if (isBusy) concurrency = Math.min(MOST_CONCURRENCY, concurrency + (epoch === 0 ? EAGERNESS : 1 / concurrency));
      if (!Number.isFinite(rate) || nowMs < Math.max(resumedAt, steppedAt + STEP_MS) || !(isBusy || isQueued)) return;
      steppedAt = nowMs;
      rate = Math.max(rate, wanted((nowMs - resumedAt) / 1_000));
    },
    refused(nowMs, sentIn, quietMs, slot) {
      if (sentIn === 0) firstRefusals += 1;
      if (sentIn !== epoch) return;
      const isFirst = epoch === 0;
      const overshot = isSearching ? OVERSHOT_SHARE : 1;
      const perSecond = delivered.perSecond(nowMs);
      const noMoreThan = (weight: number) => Math.min(rate, Math.max(weight * perSecond, LEAST_SHARE * rate));
      epoch += 1;
      isSearching = isFirst;
      steppedAt = nowMs;
      resumedAt = nowMs + quietMs;
      if (slot && !isFirst) {
        if (slot === 'queued') rate = noMoreThan(RESERVED_WEIGHT);
        highest = rate;
        resumedAt = nowMs;
        return;
      }
      concurrency = Math.max(1, Math.floor(concurrency / 2));
      // NOTE: of a first volley, whoever is alone gets most accepted; whoever shares the limit gets few, and starts low.
      const firstRate = Math.max(FIRST_RATE, (FIRST_SHARE * perSecond * delivered.count) / (delivered.count + firstRefusals));
      highest = isFirst ? firstRate : overshot * noMoreThan(DELIVERED_WEIGHT);
      rate = isFirst ? highest : Math.max(LEAST_RATE, BETA * highest);
    },
    restart(nowMs, perSecond) {
      isSearching = true;
      highest = Math.min(rate, RESTART_SHARE * perSecond);
      rate = highest;
      resumedAt = nowMs;
    },
  };
}
