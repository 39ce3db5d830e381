import type { Flow } from './flows.ts';

/** The wait of one request that was refused. */
export interface Wait {
  /** The keyed hash of who sent the request and what it asks for, 53 bits. Requests with one fingerprint are interchangeable. */
  readonly fingerprint: number;
  /** The handle of the bucket, and the flow, that it belongs to. */
  readonly key: number;
  readonly flow: Flow;
  readonly cost: number;
  /** Whether the slot is kept for the request: a promise. Other waits are remembered to see which clients obey. */
  readonly isPromised: boolean;
  /** The slot in the schedule of the limit. */
  readonly slotMs: number;
  readonly beganMs: number;
  /** When the client was asked to return: the end of its whole seconds, at or after the slot. */
  readonly returnsMs: number;
}

/** The waits of one fingerprint. */
export interface Outstanding {
  readonly count: number;
  /** Of those that are over the one that has been so the longest, a promise if there is any. */
  readonly due?: Wait | undefined;
  readonly latest?: Wait | undefined;
}

/** A client may return from a little before the end of its wait, because timers fire up to a millisecond early, … */
export const EARLY_MS = 2;
/** … until this long after it. */
const GRACE_MS = 2000;
const TICK_MS = 250;
/** The share of the room that waits without a promise leave alone. */
const LEFT_FOR_PROMISES = 0.25;
const NONE: Outstanding = Object.freeze({ count: 0 });

/** The waits that are remembered, at most a fixed number of them, found again by fingerprint. */
export class Waits {
  /** What a wait takes with its places in the lists, as measured. */
  static readonly bytesEach = 288;
  readonly #most: number;
  readonly #byFingerprint = new Map<number, Wait[]>();
  /** A wheel of lists, one for each quarter of a second in which waits can lapse. One that ended stays in its list until then. */
  readonly #ticks: Wait[][];
  #size = 0;
  #tick = 0;

  /** Makes room for this many waits, none of which is longer than the horizon rounded up to a second. */
  constructor(most: number, horizonMs: number) {
    this.#most = most;
    this.#ticks = Array.from({ length: Math.ceil((horizonMs + 1000 + GRACE_MS) / TICK_MS) + 2 }, () => []);
  }

  /** What is outstanding for a fingerprint. */
  find(fingerprint: number, nowMs: number): Outstanding {
    const waits = this.#byFingerprint.get(fingerprint);
    if (!waits) return NONE;
    const isBefore = (one: Wait, other: Wait) => (one.isPromised === other.isPromised ? one.returnsMs < other.returnsMs : one.isPromised);
    let due: Wait | undefined;
    for (const wait of waits) if (nowMs >= wait.returnsMs - EARLY_MS && (!due || isBefore(wait, due))) due = wait;
    return { count: waits.length, due, latest: waits.at(-1) };
  }

  /**
   * Remembers a wait. False if there is no room, or if it has no promise and its flow has as many as there is room for still: so a few flows
   * never fill it (dynamic queue length thresholds, Choudhury and Hahne 1998).
   */
  add(wait: Wait): boolean {
    const free = this.#most * (wait.isPromised ? 1 : 1 - LEFT_FOR_PROMISES) - this.#size;
    if (free < 1 || (!wait.isPromised && wait.flow.waiting >= free)) return false;
    this.#size += 1;
    const lapses = (Math.floor((wait.returnsMs + GRACE_MS) / TICK_MS) + 1) % this.#ticks.length;
    this.#ticks[lapses]?.push(wait);
    const equal = this.#byFingerprint.get(wait.fingerprint);
    if (equal) equal.push(wait);
    else this.#byFingerprint.set(wait.fingerprint, [wait]);
    return true;
  }

  /** Forgets a wait. False if it was forgotten before. */
  end(wait: Wait): boolean {
    const equal = this.#byFingerprint.get(wait.fingerprint) ?? [];
    const at = equal.indexOf(wait);
    if (at < 0) return false;
    if (equal.length === 1) this.#byFingerprint.delete(wait.fingerprint);
    else equal.splice(at, 1);
    return true;
  }

  /** Forgets every wait whose request has not come back in its grace, and calls back with each. */
  lapse(nowMs: number, onLapse: (wait: Wait) => void): void {
    const now = Math.floor(nowMs / TICK_MS);
    for (this.#tick = Math.max(this.#tick, now - this.#ticks.length + 1); this.#tick <= now; this.#tick += 1) {
      const waits = this.#ticks[this.#tick % this.#ticks.length]?.splice(0) ?? [];
      this.#size -= waits.length;
      for (const wait of waits) if (this.end(wait)) onLapse(wait);
    }
  }
}
