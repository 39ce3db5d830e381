import { FixedTable } from './fixed-table.ts';
import { type Flow, Flows } from './flows.ts';
import { allowedAt, charge, type Gcra, isDue, isNearLimit, type RateLimit, toGcra, wholeSeconds } from './gcra.ts';
import { type Outstanding, type Wait, Waits } from './waits.ts';

/** A key, by its hash. */
export interface HashedKey {
  readonly low: number;
  readonly high: number;
}

/** A request to a key. */
export interface LimitedRequest extends HashedKey {
  /** What the request weighs; at most the burst. */
  readonly cost: number;
  /** Called only where the key is near its limit: hashing a target takes longer than everything else. */
  identify(): RequestIdentity;
}

/** Who sent a request, and what names it among others, each a keyed hash of 53 bits. */
export interface RequestIdentity {
  readonly flow: number;
  /** Whether its credential was verified: a flow without trust earns nothing. */
  readonly isTrusted: boolean;
  readonly fingerprint: number;
  /** Whether others may well ask for the same at the same time. */
  readonly isCommon?: boolean | undefined;
}

/** What a limiter thinks of a request. */
export interface Decision {
  readonly isAdmitted: boolean;
  readonly request: LimitedRequest;
  readonly key: number;
  readonly cost: number;
  /** Of the overflow entry it is that of many keys. */
  readonly gcra: Gcra;
  /** The arrival time with every promise charged. */
  readonly tatMs: number;
  /** Present where the key is near its limit. */
  readonly near?: { readonly who: RequestIdentity; readonly own: Outstanding };
}

/** The wait of a refused request. */
export interface Refused {
  readonly seconds: number;
  /** The slot is kept for this request, and no other has it. */
  readonly isReserved: boolean;
  /** Nothing of its flow had been refused for a while. */
  readonly isFirst: boolean;
}

/** A keyed hash as one number of 53 bits, for a map. */
export function nameOf({ low, high }: HashedKey): number {
  return (low >>> 0) + (high >>> 11) * 2 ** 32;
}

/** Sizes and costs of one limiter. */
export interface LimiterOptions {
  readonly limit: RateLimit;
  /** Keys that can be counted at once, 24 bytes each; there is room for one wait per 64 of them, and for one flow per 128. */
  readonly keys: number;
  /** What a request weighs at most; nothing weighs more than the burst. */
  readonly mostCost?: number;
  /** For how many seconds of its rate a flow that keeps its promises may have others wait. */
  readonly mostPromisedSeconds?: number;
}

/** What a flow that keeps its promises may have others wait for, in seconds of the rate, where nothing else is said. */
export const MOST_PROMISED_SECONDS = 10;

const KEYS_PER_WAIT = 64;
const KEYS_PER_FLOW = 128;
/** The overflow entry admits as much as this many keys together. */
const OVERFLOW_KEYS = 50;
/** No client that obeys returns sooner: an equal request that comes within this time is another one. */
const SHORTEST_WAIT_MS = 1000;
/** What was served within this time may be asked for again at any moment. */
const REPEATED_MS = 60_000;
/** An equal request that was served this lately may have taken the slot of the one that comes now, which then may overdraw by so much. */
const SLOT_TAKEN_MS = 300;
const OVERDRAFT_MS = 500;

/**
 * One limit over many keys, such as addresses: GCRA with promises. A request that is refused is promised the next free slot, and the slot
 * is kept for it: it is recognised when it returns, by who sent it and what it asks for. So requests that obey `Retry-After` neither wake
 * together nor lose their slots to new ones, which queue behind them.
 *
 * The law: in any window of w seconds a key is admitted at most burst + rate × (w + 3.8) requests. Slots obey GCRA, so burst + rate × w
 * of them lie in the window, a request that has waited may come up to 3.3 seconds after its slot (`Retry-After` is rounded up to a whole
 * second, and a wait lapses within two and a quarter seconds after that), and the overdraft is half a second.
 */
export class Limiter {
  /** The limit, or the share of it that this process enforces. */
  limit: RateLimit;
  readonly gcra: Gcra;
  /** Ranks are the arrival times of what was served, pins are waits. */
  readonly table: FixedTable;
  /** Memory: the tables, taken at the start, and what waits and flows can take at most. */
  readonly bytes: number;
  readonly #ofMany: Gcra;
  /** Who was refused lately. */
  readonly flows: Flows;
  readonly #waits: Waits;
  /** When requests were served near the limit: one that repeats looks like one that returns. */
  readonly #repeated: FixedTable;
  /** What is promised of each key, in costs. */
  readonly #promised: Int32Array;
  readonly #whole: RateLimit;
  readonly #mostCost: number;
  #evictableMs = 0;
  /** Waits of all keys together, so that nearly every request needs to look nowhere. */
  #allWaiting = 0;

  /** Throws a RangeError for a limit that no bucket can keep. */
  constructor({ limit, keys, mostCost = 1, mostPromisedSeconds = MOST_PROMISED_SECONDS }: LimiterOptions) {
    this.limit = limit;
    this.#whole = limit;
    this.#mostCost = mostCost;
    this.gcra = toGcra(limit);
    this.#ofMany = { ...this.gcra };
    this.shareAmong(1);
    this.table = new FixedTable(keys);
    this.#promised = new Int32Array(this.table.overflow + 1);
    const [waits, flows] = [Math.ceil(keys / KEYS_PER_WAIT), Math.ceil(keys / KEYS_PER_FLOW)];
    this.flows = new Flows(flows, this.gcra, mostPromisedSeconds);
    this.#waits = new Waits(waits, this.gcra.horizonMs);
    this.#repeated = new FixedTable(waits);
    const tables = this.table.bytes + this.#promised.byteLength + this.#repeated.bytes;
    this.bytes = tables + waits * Waits.bytesEach + flows * Flows.bytesEach;
  }

  /** Enforces what is due to one of so many processes. What keys have used of their buckets stays the same part of them. */
  shareAmong(processes: number): void {
    const [perSecond, burst] = [this.#whole.perSecond / processes, Math.max(1, Math.floor(this.#whole.burst / processes))];
    this.limit = { ...this.#whole, perSecond, burst };
    Object.assign(this.gcra, toGcra(this.limit));
    Object.assign(this.#ofMany, toGcra({ ...this.limit, perSecond: perSecond * OVERFLOW_KEYS, burst: burst * OVERFLOW_KEYS }));
    // A key may be given up if it has one request outstanding and would admit the heaviest one: no key over its limit is ever forgotten.
    const { intervalMs, toleranceMs } = this.gcra;
    this.#evictableMs = Math.min(intervalMs, toleranceMs - Math.min(this.#mostCost, burst) * intervalMs);
  }

  readonly #onLapse = (wait: Wait) => {
    this.#settle(wait);
    wait.flow.earn(-1);
  };

  #count({ key, cost, isPromised }: Wait, by: 1 | -1): void {
    const { pins } = this.table;
    pins[key] = (pins[key] as number) + by;
    this.#allWaiting += by;
    if (isPromised) this.#promised[key] = (this.#promised[key] as number) + by * cost;
  }

  #settle(wait: Wait): void {
    this.#count(wait, -1);
    wait.flow.end(wait.isPromised ? wait.cost : 0);
  }

  /** Whether an equal request was served within this time. */
  #wasServed(fingerprint: number, withinMs: number, nowMs: number): boolean {
    const known = this.#repeated.find(fingerprint | 0, (fingerprint / 2 ** 32) | 0);
    return known >= 0 && (this.#repeated.ranks[known] as number) > nowMs - withinMs;
  }

  /**
   * Equal requests cannot be distinguished: a new one takes the slot of one that returns a moment later, and that may happen to the same one
   * again and again. So a flow that keeps its promises is served both, as long as it exceeds the limit by no more than the overdraft.
   */
  #mayOverdraw({ flow, fingerprint }: RequestIdentity, key: number, cost: number, nowMs: number): boolean {
    if (!this.#wasServed(fingerprint, SLOT_TAKEN_MS, nowMs) || !this.flows.of(flow).mayOverdraw) return false;
    return allowedAt(this.gcra, this.table.ranks[key] as number, nowMs, cost) <= nowMs + OVERDRAFT_MS;
  }

  #noteServed(fingerprint: number, nowMs: number): void {
    this.#repeated.ranks[this.#repeated.claim(fingerprint | 0, (fingerprint / 2 ** 32) | 0, nowMs, nowMs)] = nowMs;
  }

  #promisedTat(key: number, nowMs: number): number {
    const tatMs = this.table.ranks[key] as number;
    const outstanding = this.#promised[key] as number;
    return outstanding === 0 ? tatMs : charge(this.gcra, tatMs, nowMs, outstanding);
  }

  /**
   * Admits and charges a request of cost 1 to a key that is far from its limit, which is nearly every request. False if the key is near it:
   * then nothing was done, and the request is to be asked about.
   */
  admitFar(low: number, high: number, nowMs: number): boolean {
    const { table, gcra } = this;
    const key = table.claim(low, high, nowMs + this.#evictableMs, nowMs);
    const tatMs = charge(gcra, table.ranks[key] as number, nowMs);
    if (key === table.overflow || (this.#allWaiting > 0 && table.pins[key] !== 0) || isNearLimit(gcra, tatMs, nowMs)) return false;
    table.ranks[key] = tatMs;
    return true;
  }

  /** Decides about a request, and charges nothing yet: several limits are asked before any is charged. */
  ask(request: LimitedRequest, nowMs: number): Decision {
    this.#waits.lapse(nowMs, this.#onLapse);
    const { table } = this;
    const cost = Math.min(request.cost, this.gcra.burst);
    const key = table.claim(request.low, request.high, nowMs + this.#evictableMs, nowMs);
    const gcra = key === table.overflow ? this.#ofMany : this.gcra;
    const tatMs = this.#promisedTat(key, nowMs);
    const isFree = isDue(allowedAt(gcra, tatMs, nowMs, cost), nowMs);
    if (isFree && table.pins[key] === 0 && !isNearLimit(gcra, tatMs, nowMs)) return { isAdmitted: true, request, key, cost, gcra, tatMs };
    const who = request.identify();
    const own = this.#waits.find(who.fingerprint, nowMs);
    const isAdmitted = isFree || own.due?.isPromised === true || this.#mayOverdraw(who, key, cost, nowMs);
    return { isAdmitted, request, key, cost, gcra, tatMs, near: { who, own } };
  }

  /** Charges an admitted request: one that has waited at its slot, so that nothing is lost by waits of whole seconds. */
  charge({ key, cost, gcra, near }: Decision, nowMs: number): void {
    const { ranks } = this.table;
    let atMs = nowMs;
    if (near) {
      this.#noteServed(near.who.fingerprint, nowMs);
      const { due } = near.own;
      if (due && this.#waits.end(due)) {
        this.#settle(due);
        due.flow.earn(1);
        atMs = Math.min(due.slotMs, nowMs);
      }
    }
    ranks[key] = charge(gcra, ranks[key] as number, atMs, cost);
  }

  /** Says when a refused request is to return, and keeps a slot for it if it can. */
  refuse({ request, key, cost, gcra, tatMs, near }: Decision, nowMs: number): Refused {
    if (!near) throw new Error('A request was refused that was not identified');
    const { who, own } = near;
    const { fingerprint } = who;
    const flow = this.flows.of(who.flow);
    const isFirst = flow.noteRefusal(who.isTrusted, nowMs);
    const isAlone = !who.isCommon && own.count === 0 && !this.#wasServed(fingerprint, REPEATED_MS, nowMs);
    const { latest } = own;
    if (latest && own.count === 1 && !own.due && !who.isCommon && nowMs - latest.beganMs >= SHORTEST_WAIT_MS) {
      // The same request, too early: the rest of the same wait, and no second slot. Where several wait, or may, it is one more of them.
      flow.earn(-1);
      return { seconds: wholeSeconds(latest.returnsMs, nowMs), isReserved: false, isFirst };
    }
    if (own.due && this.#waits.end(own.due)) this.#settle(own.due);
    const freeMs = allowedAt(gcra, tatMs, nowMs, cost);
    const isPromised = gcra === this.gcra && freeMs <= nowMs + gcra.horizonMs && flow.mayPromise(cost);
    const slotMs = isPromised ? freeMs : this.spread(request, freeMs, nowMs);
    const seconds = wholeSeconds(slotMs, nowMs);
    const wait: Wait = { fingerprint, key, flow, cost, isPromised, slotMs, beganMs: nowMs, returnsMs: nowMs + seconds * 1000 };
    const isWithinShare = isPromised || flow.mayWait;
    // That there is no room is not the doing of a flow that is within its share.
    if (!isWithinShare) flow.earn(-1);
    if (!isWithinShare || !this.#waits.add(wait)) return { seconds, isReserved: false, isFirst };
    this.#count(wait, 1);
    flow.add(isPromised ? cost : 0);
    return { seconds, isReserved: isAlone && isPromised, isFirst };
  }

  /** Charges what a limit admitted that several processes share, at most until nothing is left of the share of this one. */
  mirror(low: number, high: number, nowMs: number): void {
    const { table, gcra } = this;
    const key = table.claim(low, high, nowMs + this.#evictableMs, nowMs);
    if (key === table.overflow) return;
    const tatMs = table.ranks[key] as number;
    table.ranks[key] = Math.max(tatMs, Math.min(charge(gcra, tatMs, nowMs), nowMs + gcra.toleranceMs));
  }

  /** When a request is to return for which no slot is kept: at a moment apart from those before, see {@link Flow.spread}. */
  spread(key: HashedKey, earliestMs: number, nowMs: number): number {
    return this.flows.of(nameOf(key)).spread(earliestMs, nowMs);
  }

  /** The limit, and the arrival time of a key whose promises have all been kept: what quota others find left. */
  bucket({ low, high }: HashedKey, nowMs: number): { readonly limit: RateLimit; readonly gcra: Gcra; readonly tatMs: number } {
    const key = this.table.find(low, high);
    return { limit: this.limit, gcra: this.gcra, tatMs: key < 0 ? 0 : this.#promisedTat(key, nowMs) };
  }

  /** Gives quota back: as much as one request costs, or all of it. Returns whether the key was known. */
  refund(low: number, high: number, amount: 'one' | 'all'): boolean {
    const key = this.table.find(low, high);
    if (key >= 0) this.table.ranks[key] = amount === 'all' ? 0 : (this.table.ranks[key] as number) - this.gcra.intervalMs;
    return key >= 0;
  }
}
