import { DeliveryRate } from './delivery-rate.ts';

/*
 * NOTE: these constants won a sweep of the benchmark's scenarios A (one client, unknown limit) and B (8 and 32 clients that share
 * one). Stronger growth finishes alone a little sooner and shares less fairly; see bench/client.
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
/** The first refusal comes after a burst, which makes the delivery rate look better than it is. */
const FIRST_SHARE = 0.7;
/** The slowest rate after the first refusal, per second; until the second one it doubles in three. */
const FIRST_RATE = 1.15;
const DOUBLING_S = 3;
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
export class Congestion {
  /** Requests per second, without limit until the first refusal. */
  rate = Number.POSITIVE_INFINITY;
  concurrency = START_CONCURRENCY;
  /** Moves with every congestion event; refusals of requests sent before it belong to the same event. */
  epoch = 0;
  readonly delivered = new DeliveryRate();
  private highest = 0;
  private firstRefusals = 0;
  private resumedAt = 0;
  private steppedAt = 0;

  /** `isBusy`: everything that may be in flight is; `isQueued`: somebody waits. A client that could send more and does not learns nothing. */
  accepted(nowMs: number, isBusy: boolean, isQueued: boolean): void {
    this.delivered.accept(nowMs);
    const growth = this.epoch === 0 ? EAGERNESS : 1 / this.concurrency;
    if (isBusy) this.concurrency = Math.min(MOST_CONCURRENCY, this.concurrency + growth);
    if (this.epoch === 0 || nowMs - this.steppedAt < STEP_MS || nowMs < this.resumedAt || !(isBusy || isQueued)) return;
    this.steppedAt = nowMs;
    this.rate = Math.max(this.rate, this.wanted((nowMs - this.resumedAt) / 1_000));
  }

  /** A request sent in `epoch` was refused, and nothing is sent for `quietMs`. Counted once per congestion event. */
  refused(nowMs: number, epoch: number, quietMs: number): void {
    if (epoch === 0) this.firstRefusals += 1;
    if (epoch !== this.epoch) return;
    this.epoch += 1;
    this.concurrency = Math.max(1, Math.floor(this.concurrency / 2));
    const delivered = this.delivered.perSecond(nowMs, 1_000);
    if (this.epoch === 1) {
      // NOTE: of a first volley, whoever is alone gets most accepted; whoever shares the limit gets few, and starts low.
      const shareAccepted = this.delivered.count / (this.delivered.count + this.firstRefusals);
      this.highest = Math.max(FIRST_RATE, FIRST_SHARE * delivered * shareAccepted);
      this.rate = this.highest;
    } else {
      this.highest = Math.min(this.rate, Math.max(DELIVERED_WEIGHT * delivered, LEAST_SHARE * this.rate));
      this.rate = Math.max(LEAST_RATE, BETA * this.highest);
    }
    this.resumedAt = nowMs + quietMs;
    this.steppedAt = nowMs;
  }

  /** The rate after `seconds` without a refusal: back to where the last one came, slowly around that point, then ever faster. */
  private wanted(seconds: number): number {
    if (this.epoch === 1) return this.highest * 2 ** (seconds / DOUBLING_S);
    const drop = this.highest * (1 - BETA);
    const plateauAt = Math.max(LEAST_PLATEAU, Math.cbrt(drop / CUBIC));
    const past = seconds - plateauAt;
    return this.highest + (past < 0 ? drop * (past / plateauAt) ** 3 : CUBIC * past ** 3 + LINEAR * past);
  }
}
