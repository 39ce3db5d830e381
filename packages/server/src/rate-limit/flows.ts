import type { Gcra } from './gcra.ts';

/** What every flow may have promised, in seconds of the limit's rate. */
const LEAST_SECONDS = 0.5;
/** How far the credit of a flow can fall below nothing, and above which credit it may overdraw. */
const DEEPEST_DEBT_SECONDS = 2;
const OVERDRAFT_CREDIT_SECONDS = 1;
/** How many waits without a promise are remembered of unproven credentials, which earn nothing by them. */
const UNPROVEN_WAIT_SECONDS = 30;
/** A refusal after this long without any begins a new episode, for the log. */
const EPISODE_MS = 10_000;

/** Requests of so many seconds of quota, at least one. */
const requestsIn = (seconds: number, { intervalMs }: Gcra) => Math.max(1, Math.round((seconds * 1000) / intervalMs));

/** How many promises a flow begins with, how many it can earn, and how far its credit can fall. */
export function promisesOf(gcra: Gcra, mostSeconds: number): { readonly least: number; readonly most: number; readonly debt: number } {
  const [least, most, debt] = [LEAST_SECONDS, mostSeconds, DEEPEST_DEBT_SECONDS].map((seconds) => requestsIn(seconds, gcra));
  return { least: least as number, most: most as number, debt: debt as number };
}

/**
 * A flow of an address: the requests of one credential that was verified, or all others together. It begins with promises for half a
 * second's quota. One whose requests return when they were asked to earns promises for up to ten seconds, or as many as its limit says, one for
 * each; a request that comes too early, or does not come back, costs one. So a flood keeps its neighbours waiting for half a second, and a pool of workers is served.
 */
export class Flow {
  readonly #gcra: Gcra;
  readonly #mostSeconds: number;
  #isTrusted = false;
  #lastRefusedMs = Number.NEGATIVE_INFINITY;
  #waiting = 0;
  #promised = 0;
  #credit = 0;
  #spreadMs = 0;
  /** Until when a limit that several processes share refuses it. */
  refusedUntilMs = 0;

  constructor(gcra: Gcra, mostSeconds: number) {
    this.#gcra = gcra;
    this.#mostSeconds = mostSeconds;
  }

  #requests(seconds: number): number {
    return requestsIn(seconds, this.#gcra);
  }

  /** Adds to what it may have promised: 1 for a request that returned as it was asked to and was served, -1 for one that did not. */
  earn(credit: 1 | -1): void {
    const { least, most, debt } = promisesOf(this.#gcra, this.#mostSeconds);
    this.#credit = Math.max(-debt, Math.min(most - least, this.#credit + credit));
  }

  /** Notes a refusal. Returns whether it is the first for a while. */
  noteRefusal(isTrusted: boolean, nowMs: number): boolean {
    const isFirst = nowMs - this.#lastRefusedMs > EPISODE_MS;
    this.#isTrusted = isTrusted;
    this.#lastRefusedMs = nowMs;
    return isFirst;
  }

  /** Whether a promise of this cost may be added. A flow that has none may have one of any cost. */
  mayPromise(cost: number): boolean {
    const earned = this.#isTrusted ? Math.max(0, this.#credit) : 0;
    return this.#promised + cost <= Math.max(cost, this.#requests(LEAST_SECONDS) + earned);
  }

  /** How many of its waits are remembered. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether a wait without a promise is within what the flow may have remembered. */
  get mayWait(): boolean {
    return this.#waiting < this.#requests(this.#isTrusted ? this.#mostSeconds : UNPROVEN_WAIT_SECONDS);
  }

  /** Whether so many of its requests have returned as they were asked to that an equal one may overdraw. */
  get mayOverdraw(): boolean {
    return this.#isTrusted && this.#credit > this.#requests(OVERDRAFT_CREDIT_SECONDS);
  }

  /** Adds a wait, with the cost of its promise or 0. */
  add(promisedCost: number): void {
    this.#waiting += 1;
    this.#promised += promisedCost;
  }

  /** Ends a wait, with the cost of its promise or 0. */
  end(promisedCost: number): void {
    this.#waiting -= 1;
    this.#promised -= promisedCost;
  }

  /**
   * When a request is asked to return that gets no promise: each at a later moment than the one before, none before `earliestMs`, so that
   * those who wait do not return together. Begins anew beyond the horizon. Nothing is held back for it.
   */
  spread(earliestMs: number, nowMs: number): number {
    const nextMs = Math.max(this.#spreadMs + this.#gcra.intervalMs, earliestMs);
    this.#spreadMs = nextMs > nowMs + this.#gcra.horizonMs ? earliestMs : nextMs;
    return this.#spreadMs;
  }
}

/** The flows that were refused last, at most a fixed number of them; the one that was refused the longest ago is forgotten. */
export class Flows {
  /** What a flow takes with its place in the list, as measured. */
  static readonly bytesEach = 192;
  readonly #most: number;
  readonly #gcra: Gcra;
  readonly #mostSeconds: number;
  readonly #flows = new Map<number, Flow>();

  /** `mostSeconds`: what a flow can have promised at most, in seconds of the limit's rate. */
  constructor(most: number, gcra: Gcra, mostSeconds: number) {
    this.#most = most;
    this.#gcra = gcra;
    this.#mostSeconds = mostSeconds;
  }

  find(name: number): Flow | undefined {
    return this.#flows.get(name);
  }

  /** The flow of that name, which is new if it was not refused lately. */
  of(name: number): Flow {
    const flow = this.#flows.get(name) ?? new Flow(this.#gcra, this.#mostSeconds);
    // A map is in the order of insertion.
    this.#flows.delete(name);
    this.#flows.set(name, flow);
    const [oldest] = this.#flows.keys();
    if (this.#flows.size > this.#most && oldest !== undefined) this.#flows.delete(oldest);
    return flow;
  }
}
