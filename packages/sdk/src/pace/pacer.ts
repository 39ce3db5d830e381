import type { Clock } from '@openkupe/contract/clock';
import { ENDED } from '../call-scope.ts';
import { Congestion } from './congestion.ts';
import { Quota } from './quota.ts';

/** Who goes first when not all can: calls that were sent before, calls that somebody waits for, polling. */
export type Priority = 0 | 1 | 2;

/** The right to send one request now. Exactly one of its ends has to be called. */
export interface Turn {
  /** Answered with anything but 429: the limit has room. */
  accepted(): void;
  /** 429. Nobody sends for `waitMs`; the rate falls unless the server `isReserved` a slot for this very request. */
  refused(waitMs: number, isReserved: boolean): void;
  /** No answer, or not sent after all: says nothing about the limit. */
  ended(): void;
}

interface Waiting {
  readonly grant: (turn: Turn) => void;
  readonly refuse: (reason: unknown) => void;
  readonly isPatient: (quietMs: number) => boolean;
}

/** Thrown to a caller that is not willing to wait as long as everybody has been told to. */
export class QuietTooLong extends Error {
  readonly waitMs: number;

  constructor(waitMs: number) {
    super(`The server asked to wait ${Math.ceil(waitMs / 1_000)} s before anything is sent`);
    this.waitMs = waitMs;
  }
}

/** A late timer may be made up for by sending sooner afterwards, within this time. */
const SLACK_MS = 20;
/** Waits told to requests of one volley that differ by more than this are slots, not a common end. */
const SLOT_SPREAD_MS = 900;
/** One grant in this many goes to whoever has the lowest priority, so that nobody starves. */
const FAIR_SHARE = 8;

/**
 * The queue that every request of one credential to one origin goes through, first come, first served within a priority. It sends as
 * fast as nothing forbids: a refusal quiets everybody ("Retry-After is the number of seconds to wait"), a learned rate spaces
 * requests, announced quotas are kept, and the number in flight is bounded.
 */
export class Pacer {
  private readonly clock: Clock;
  private readonly congestion = new Congestion();
  private readonly quota = new Quota();
  private readonly queues: [Waiting[], Waiting[], Waiting[]] = [[], [], []];
  private inFlight = 0;
  private grants = 0;
  private healthyPerSecond = 0;
  private quietUntil = 0;
  private toldUntil = 0;
  private nextSlot = 0;
  private ramp: { readonly from: number; readonly since: number; readonly enough: number } | undefined;
  private timer: { readonly at: number; readonly stop: AbortController } | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Requests per second that may be sent now, `Infinity` while nothing limits them. */
  get ratePerSecond(): number {
    const { ramp, congestion } = this;
    if (!ramp) return congestion.rate;
    return Math.min(congestion.rate, ramp.from * 1.5 ** ((this.clock.monotonic() - ramp.since) / 1_000));
  }

  get concurrency(): number {
    return Math.floor(this.congestion.concurrency);
  }

  /** How many were accepted so far; when it moves, the limit is letting us through. */
  get acceptedCount(): number {
    return this.congestion.delivered.count;
  }

  /** Remembers how much is delivered while all is well, as the measure for {@link recover}. */
  markHealthy(): void {
    this.healthyPerSecond = this.congestion.delivered.perSecond(this.clock.monotonic(), 1_000);
  }

  /**
   * Waits for a turn. Throws the signal's reason when it aborts, and {@link QuietTooLong} when `isPatient` says that the quiet time
   * everybody was told is too long; both leave the queue as if the call had never been in it.
   */
  turn(priority: Priority, signal: AbortSignal, isPatient: (quietMs: number) => boolean): Promise<Turn> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const quietMs = this.quietUntil - this.clock.monotonic();
      if (quietMs > 0 && !isPatient(quietMs)) return reject(new QuietTooLong(quietMs));
      const queue = this.queues[priority];
      const leave = () => {
        queue.splice(queue.indexOf(waiting), 1);
        this.pump();
        reject(signal.reason);
      };
      const waiting: Waiting = {
        isPatient,
        grant: (turn) => {
          signal.removeEventListener('abort', leave);
          resolve(turn);
        },
        refuse: (reason) => {
          signal.removeEventListener('abort', leave);
          reject(reason);
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      queue.push(waiting);
      this.pump();
    });
  }

  /**
   * Whether refused requests were told different times, one after the other: the server hands out slots, so each returns at its own
   * time, past the queue. Believed until a request that returned in time is refused again.
   */
  hasSlots = false;

  /** The turn of a request for which the server has reserved this very moment: it passes the queue. */
  claim(): Turn {
    return this.open(true);
  }

  /** Learns from the quota fields of an answer whose turn has not ended yet. */
  observe(fields: { limit: string | null | undefined; policy: string | null | undefined }): void {
    this.quota.observe(fields, this.inFlight - 1, this.clock.monotonic());
  }

  /** After an outage: starts at half of what was delivered before it and grows by half every second. */
  recover(): void {
    const before = Math.max(2, this.healthyPerSecond);
    this.ramp = { from: before / 2, since: this.clock.monotonic(), enough: 2 * before };
    this.pump();
  }

  private get waitingCount(): number {
    return this.queues[0].length + this.queues[1].length + this.queues[2].length;
  }

  private next(): Waiting | undefined {
    const [first, second, third] = this.queues;
    const order = ++this.grants % FAIR_SHARE === 0 ? [third, second, first] : [first, second, third];
    return order.find((queue) => queue.length > 0)?.shift();
  }

  /** Grants turns until something forbids the next one, and then sleeps exactly until it no longer does. */
  private pump(): void {
    const now = this.clock.monotonic();
    if (this.ramp && this.waitingCount === 0 && this.ratePerSecond > this.ramp.enough) this.ramp = undefined;
    while (this.waitingCount > 0 && this.inFlight < this.concurrency) {
      const at = Math.max(this.quietUntil, this.nextSlot, now + this.quota.waitMs(now));
      if (at > now) {
        this.wakeAt(at);
        return;
      }
      const rate = this.ratePerSecond;
      if (rate < Number.POSITIVE_INFINITY) this.nextSlot = Math.max(this.nextSlot, now - SLACK_MS) + 1_000 / rate;
      this.quota.spend(now);
      this.next()?.grant(this.open());
    }
    this.timer?.stop.abort(ENDED);
    this.timer = undefined;
  }

  private wakeAt(at: number): void {
    if (this.timer && this.timer.at === at) return;
    this.timer?.stop.abort(ENDED);
    const stop = new AbortController();
    this.timer = { at, stop };
    const wake = () => {
      if (this.timer?.stop !== stop) return;
      this.timer = undefined;
      this.pump();
    };
    this.clock.sleep(at - this.clock.monotonic(), stop.signal).then(wake, () => {});
  }

  /** Nobody sends before `until`, and whoever is not willing to wait that long is told so at once. */
  private quiet(until: number, now: number): void {
    if (until <= this.quietUntil) return;
    this.quietUntil = until;
    for (const queue of this.queues)
      for (const waiting of queue.splice(0)) {
        if (waiting.isPatient(until - now)) queue.push(waiting);
        else waiting.refuse(new QuietTooLong(until - now));
      }
  }

  private open(isClaimed = false): Turn {
    const { congestion } = this;
    const { epoch } = congestion;
    this.inFlight += 1;
    const end = () => {
      this.inFlight -= 1;
      this.pump();
    };
    return {
      accepted: () => {
        congestion.accepted(this.clock.monotonic(), this.inFlight >= this.concurrency, this.waitingCount > 0);
        end();
      },
      refused: (waitMs, isReserved) => {
        const now = this.clock.monotonic();
        if (epoch === congestion.epoch) this.toldUntil = now + waitMs;
        else if (now + waitMs > this.toldUntil + SLOT_SPREAD_MS) this.hasSlots = true;
        if (isClaimed) this.hasSlots = false;
        if (!isReserved || congestion.epoch === 0) congestion.refused(now, epoch, waitMs);
        this.quiet(now + waitMs, now);
        end();
      },
      ended: end,
    };
  }
}
