import { createFixedTable, type FixedTable } from './fixed-table.ts';
import { createFlows, type FlowName, type Flows } from './flows.ts';
import { allowedAt, charge, type Gcra, isDue, type RateLimit, toGcra, wholeSeconds } from './gcra.ts';
import { isNearLimit } from './rate-limit-fields.ts';
import { createWaits, type EndedWait, type Outstanding, type Waits } from './waits.ts';

/**
 * One limit over many keys, such as addresses: GCRA with promises. A request that is refused is promised the next free slot, and the slot
 * is kept for it: it is recognised when it returns, by who sent it and what it asks for. So requests that obey `Retry-After` neither wake
 * together nor lose their slots to new ones, which queue behind them.
 *
 * The law: in any window of w seconds a key is admitted at most burst + rate × (w + 3.3) requests. Slots obey GCRA, so burst + rate × w
 * of them lie in the window, and a promised request may come up to 3.3 seconds after its slot: `Retry-After` is rounded up to a whole
 * second, and a promise lapses within two and a quarter seconds after that.
 */
export interface Limiter {
  readonly limit: RateLimit;
  readonly gcra: Gcra;
  readonly table: FixedTable;
  readonly bytes: number;
  /**
   * Admits and charges a request of cost 1 to a key that is far from its limit, which is nearly every request. False if the key is near it:
   * then nothing was done, and the request is to be asked about.
   */
  admitFar(low: number, high: number, nowMs: number): boolean;
  /** Decides about a request, and charges nothing yet: several limits are asked before any is charged. */
  ask(request: LimitedRequest, nowMs: number): Decision;
  /** Charges an admitted request. */
  charge(decision: Decision, nowMs: number): void;
  /** Says when a refused request is to return, and keeps a slot for it if it can. */
  refuse(decision: Decision, nowMs: number): Wait;
  /** The arrival time of a key whose promises have all been kept: what quota others find left. */
  tatMs(low: number, high: number, nowMs: number): number;
  /** Gives quota back: as much as one request costs, or all of it. Returns whether the key was known. */
  refund(low: number, high: number, amount: 'one' | 'all'): boolean;
}

/** A request to a key, by the key's hash. */
export interface LimitedRequest {
  readonly low: number;
  readonly high: number;
  /** What the request weighs; at most the burst. */
  readonly cost: number;
  /** Called only where the key is near its limit: hashing a target takes longer than everything else. */
  identify(): RequestIdentity;
}

/** Who sent a request, and its fingerprint. */
export interface RequestIdentity {
  readonly flow: FlowName;
  readonly low: number;
  readonly high: number;
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

/** How long a refused request is to wait. */
export interface Wait {
  readonly seconds: number;
  /** The slot is kept for this request, and no other has it. */
  readonly isReserved: boolean;
  /** Nothing of its flow had been refused for a while. */
  readonly isFirst: boolean;
}

/** Sizes and costs of one limiter. */
export interface LimiterOptions {
  readonly limit: RateLimit;
  /** Keys that can be counted at once, 24 bytes each; there is room for one wait per 32 of them, and for one flow per 64. */
  readonly keys: number;
  /** What a request weighs at most; nothing weighs more than the burst. */
  readonly mostCost?: number;
}

const KEYS_PER_WAIT = 32;
const KEYS_PER_FLOW = 64;
/** The overflow entry admits as much as this many keys together. */
const OVERFLOW_KEYS = 50;
/** No client that obeys returns sooner: an equal request that comes within this time is another one. */
const SHORTEST_WAIT_MS = 1000;
/** What was served within this time may be asked for again at any moment. */
const REPEATED_MS = 60_000;

/** Creates a limiter. Throws a RangeError for a limit that no bucket can keep. */
export function createLimiter({ limit, keys, mostCost = 1 }: LimiterOptions): Limiter {
  const gcra = toGcra(limit);
  const ofMany = toGcra({ ...limit, perSecond: limit.perSecond * OVERFLOW_KEYS, burst: limit.burst * OVERFLOW_KEYS });
  const table = createFixedTable(keys);
  const flows: Flows = createFlows(Math.ceil(keys / KEYS_PER_FLOW), gcra);
  const waits: Waits = createWaits(Math.ceil(keys / KEYS_PER_WAIT), gcra.horizonMs);
  // Requests that were served, or outstanding twice, by when: one that repeats looks like one that returns.
  const repeated = createFixedTable(Math.ceil(keys / KEYS_PER_WAIT));
  const { ranks: tats, pins: waiting } = table;
  /** What is promised of each key, in costs. */
  const promised = new Int32Array(tats.length);
  // A key may be given up if it has one request outstanding and would admit the heaviest one: no key over its limit is ever forgotten.
  const evictableMs = Math.min(gcra.intervalMs, gcra.toleranceMs - Math.min(mostCost, gcra.burst) * gcra.intervalMs);

  /** Waits of all keys together, so that nearly every request needs to look nowhere. */
  let allWaiting = 0;
  const begin = (wait: EndedWait, by: 1 | -1) => {
    waiting[wait.key] = (waiting[wait.key] as number) + by;
    allWaiting += by;
    if (wait.isPromised) promised[wait.key] = (promised[wait.key] as number) + by * wait.cost;
  };
  const end = (wait: EndedWait, isReturned: boolean) => {
    begin(wait, -1);
    flows.end(wait.flow, wait.isPromised ? wait.cost : 0, isReturned);
  };
  const onLapse = (wait: EndedWait) => end(wait, false);
  const promisedTat = (key: number, nowMs: number) => {
    const outstanding = promised[key] as number;
    return outstanding === 0 ? (tats[key] as number) : Math.max(tats[key] as number, nowMs) + outstanding * gcra.intervalMs;
  };
  const isRepeated = ({ low, high }: RequestIdentity, nowMs: number) => {
    const known = repeated.find(low, high);
    return known >= 0 && (repeated.ranks[known] as number) > nowMs - REPEATED_MS;
  };
  const noteRepeated = ({ low, high }: RequestIdentity, nowMs: number) => {
    repeated.ranks[repeated.claim(low, high, nowMs, nowMs)] = nowMs;
  };

  return {
    limit,
    gcra,
    table,
    bytes: table.bytes + promised.byteLength + flows.bytes + waits.bytes + repeated.bytes,
    admitFar(low, high, nowMs) {
      const key = table.claim(low, high, nowMs + evictableMs, nowMs);
      const tatMs = charge(gcra, tats[key] as number, nowMs);
      if (key === table.overflow || (allWaiting > 0 && waiting[key] !== 0) || isNearLimit(gcra, tatMs, nowMs)) return false;
      tats[key] = tatMs;
      return true;
    },
    ask(request, nowMs) {
      waits.lapse(nowMs, onLapse);
      const cost = Math.min(request.cost, gcra.burst);
      const key = table.claim(request.low, request.high, nowMs + evictableMs, nowMs);
      const rules = key === table.overflow ? ofMany : gcra;
      const tatMs = promisedTat(key, nowMs);
      const isFree = isDue(allowedAt(rules, tatMs, nowMs, cost), nowMs);
      if (isFree && waiting[key] === 0) return { isAdmitted: true, request, key, cost, gcra: rules, tatMs };
      const who = request.identify();
      const own = waits.find(who.low, who.high, nowMs);
      return { isAdmitted: isFree || own.duePromise >= 0, request, key, cost, gcra: rules, tatMs, near: { who, own } };
    },
    charge({ key, cost, gcra: rules, near }, nowMs) {
      const over = near ? Math.max(near.own.duePromise, near.own.duePromise < 0 ? near.own.dueWait : -1) : -1;
      if (near) noteRepeated(near.who, nowMs);
      const wait = over < 0 ? undefined : waits.end(over);
      if (wait) end(wait, true);
      tats[key] = charge(rules, tats[key] as number, wait?.isPromised ? wait.slotMs : nowMs, cost);
    },
    refuse({ request, key, cost, gcra: rules, tatMs, near }, nowMs) {
      if (!near) throw new Error('A request was refused that was not identified');
      const { who, own } = near;
      const { flow, isFirstRefusal: isFirst } = flows.claim(who.flow, nowMs);
      const isReserved = own.count === 0 && !isRepeated(who, nowMs);
      if (own.count > 0) noteRepeated(who, nowMs);
      const hasWaited = own.dueWait >= 0;
      if (own.count > 0 && !hasWaited && nowMs - own.lastBeganMs >= SHORTEST_WAIT_MS) {
        // The same request, too early: the rest of the same wait, and no second slot.
        flows.early(flow);
        return { seconds: wholeSeconds(own.firstReturnMs, nowMs), isReserved: false, isFirst };
      }
      if (hasWaited) end(waits.end(own.dueWait), true);
      const freeMs = allowedAt(rules, tatMs, nowMs, cost);
      const isPromised = rules === gcra && freeMs <= nowMs + gcra.horizonMs && flows.mayPromise(flow, cost, hasWaited);
      const all = flows.claim({ low: request.low, high: request.high, isTrusted: false }, nowMs).flow;
      const slotMs = isPromised ? freeMs : flows.spread(all, freeMs, nowMs);
      const seconds = wholeSeconds(slotMs, nowMs);
      const wait = { ...who, slotMs, beganMs: nowMs, returnsMs: nowMs + seconds * 1000, key, flow, cost, isPromised };
      if (!(isPromised || flows.mayWait(flow)) || !waits.add(wait)) {
        flows.early(flow);
        return { seconds, isReserved: false, isFirst };
      }
      begin(wait, 1);
      flows.add(flow, isPromised ? cost : 0);
      return { seconds, isReserved: isReserved && isPromised, isFirst };
    },
    tatMs(low, high, nowMs) {
      const key = table.find(low, high);
      return key < 0 ? 0 : promisedTat(key, nowMs);
    },
    refund(low, high, amount) {
      const key = table.find(low, high);
      if (key >= 0) tats[key] = amount === 'all' ? 0 : (tats[key] as number) - gcra.intervalMs;
      return key >= 0;
    },
  };
}
