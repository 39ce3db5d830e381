import { allowedAt, charge, type Gcra, isDue, nextSlot, type RateLimit, toGcra } from './gcra.ts';
import { createLanes, LANE_MEMORY_MS, type Lanes } from './lanes.ts';
import { createLimitTable, type LimitTable } from './limit-table.ts';
import { nearLimitMs } from './rate-limit-fields.ts';

/** What a limiter thinks of a request. One object per limiter, overwritten by the next `ask`. */
export interface Verdict {
  isAdmitted: boolean;
  /** When this caller is admitted at the earliest. */
  readyAtMs: number;
  /** The key's arrival time and constants, for the header. */
  tatMs: number;
  gcra: Gcra;
  askedAtMs: number;
}

/** One policy over many keys. Ask every limiter first; then charge all of them, or reserve with those that refused. */
export interface Limiter {
  readonly limit: RateLimit;
  readonly gcra: Gcra;
  readonly nearLimitMs: number;
  readonly table: LimitTable;
  readonly lanes: Pick<Lanes, 'inUse'>;
  readonly bytes: number;
  /**
   * `laneOf` tells the caller's lane; it is called only when the key is near its limit. `held` is how many requests may still have to be
   * charged to the key: there has to be room for them, too.
   */
  ask(low: number, high: number, laneOf: () => number, nowMs: number, cost: number, held?: number): Verdict;
  /** What the last `ask` returned. */
  readonly asked: Verdict;
  /** Charges the request last asked about. */
  charge(): void;
  /** Promises the request last asked about a slot of its own, and returns its time. */
  reserve(): number;
  /** Whether the last {@link reserve} was the first of an episode: nobody was waiting before. */
  readonly isFirstRefusal: boolean;
  /** Gives a key its full quota back. Returns whether it was known. */
  forgive(low: number, high: number): boolean;
  /** Sets a known key's arrival time, as other nodes see it. */
  settle(low: number, high: number, tatMs: number): void;
  /** Enforces one part in `nodes` of the limit from now on; 1 is the whole of it. */
  setShare(nodes: number): void;
  /** A key's arrival time, 0 if it is not known. */
  peek(low: number, high: number): number;
}

export interface LimiterOptions {
  readonly limit: RateLimit;
  /** Keys that can be counted at once, 16 bytes each. */
  readonly slots: number;
  /** Keys that can be over their limit at once with their promises remembered, about 250 bytes each. */
  readonly limitedKeys: number;
}

/** The overflow slot admits as much as this many keys together. */
const OVERFLOW_KEYS = 50;
/**
 * Promises are made a little slower than quota comes back. When callers are late, as after a stalled network, quota is lost at the rim of
 * the bucket; without this slack everybody behind them would find a promise broken.
 */
const SPACING = 1.01;
/** A bucket that has been full for this long proves that the promised callers do not come. */
const ABANDONED_MS = 2000;

/** What a lane beyond its share has to leave for the others: a second's worth, at most half the bucket. In milliseconds. */
function reserveOf(limit: RateLimit, gcra: Gcra): number {
  return Math.min(Math.floor(limit.burst / 2), Math.ceil(limit.perSecond)) * gcra.intervalMs;
}

export function createLimiter(options: LimiterOptions): Limiter {
  let { limit } = options;
  const gcra = { ...toGcra(limit) };
  const overflowGcra = toGcra({ ...limit, perSecond: limit.perSecond * OVERFLOW_KEYS, burst: limit.burst * OVERFLOW_KEYS });
  const table = createLimitTable({ slots: options.slots, evictableMs: Math.min(gcra.intervalMs, gcra.toleranceMs - gcra.intervalMs) });
  const lanes: Lanes = createLanes({ records: options.limitedKeys });
  let reserveMs = reserveOf(limit, gcra);
  const verdict: Verdict = { isAdmitted: false, readyAtMs: 0, tatMs: 0, gcra, askedAtMs: 0 };
  let handle = 0;
  let lane = -1;
  let shareIntervalMs = 0;
  let askedCost = 1;
  let heldMs = 0;
  let isFirstRefusal = false;

  /** How much of the bucket this lane has to leave alone, in milliseconds. */
  const reserveFor = (nowMs: number, cost: number) => {
    const active = lanes.activeBeside(lane, nowMs);
    shareIntervalMs = active * gcra.intervalMs;
    if (active < 2) return 0;
    const shareToleranceMs = Math.max(reserveMs, shareIntervalMs);
    const isWithinShare = isDue(Math.max(lanes.tatMs[lane] as number, nowMs) + cost * shareIntervalMs - shareToleranceMs, nowMs);
    return isWithinShare ? 0 : reserveMs;
  };

  return {
    get limit() {
      return limit;
    },
    gcra,
    get nearLimitMs() {
      return nearLimitMs(gcra);
    },
    table,
    lanes,
    bytes: table.bytes + lanes.bytes,
    asked: verdict,
    get isFirstRefusal() {
      return isFirstRefusal;
    },
    ask(low, high, laneOf, nowMs, cost, held = 0) {
      handle = table.claim(low, high, nowMs);
      const rules = handle === table.overflow ? overflowGcra : gcra;
      const chargedMs = table.tatMs[handle] as number;
      heldMs = held * rules.intervalMs;
      const tatMs = held === 0 ? chargedMs : Math.max(chargedMs, nowMs) + heldMs;
      const freeAtMs = allowedAt(rules, tatMs, nowMs, cost);
      verdict.askedAtMs = nowMs;
      askedCost = cost;
      lane = -1;
      verdict.gcra = rules;
      verdict.tatMs = tatMs;
      verdict.readyAtMs = freeAtMs;
      verdict.isAdmitted = true;
      if (nowMs >= freeAtMs + reserveMs) {
        if (tatMs + ABANDONED_MS <= nowMs && nowMs - lanes.lastUsedMs < LANE_MEMORY_MS) lanes.forget(low, high);
        return verdict;
      }
      lane = lanes.enter(low, high, laneOf(), nowMs);
      if (lane >= 0) verdict.readyAtMs = freeAtMs + reserveFor(nowMs, cost);
      verdict.isAdmitted = isDue(verdict.readyAtMs, nowMs);
      return verdict;
    },
    charge() {
      const tatMs = charge(verdict.gcra, verdict.tatMs, verdict.askedAtMs, askedCost);
      table.tatMs[handle] = tatMs - heldMs;
      verdict.tatMs = tatMs;
      if (lane < 0) return;
      const spent = Math.max(lanes.tatMs[lane] as number, verdict.askedAtMs) + askedCost * shareIntervalMs;
      // Using what others leave is no debt: a lane is at most one request beyond its share.
      lanes.tatMs[lane] = Math.min(spent, verdict.askedAtMs + Math.max(reserveMs, shareIntervalMs) + shareIntervalMs);
    },
    reserve() {
      isFirstRefusal = lane < 0 || (lanes.promisedMs[lane] as number) <= verdict.askedAtMs;
      if (lane < 0) return verdict.readyAtMs;
      const spacingMs = SPACING * askedCost * verdict.gcra.intervalMs * lanes.waitingBeside(lane, verdict.askedAtMs);
      const slotMs = nextSlot(verdict.gcra, lanes.promisedMs[lane] as number, verdict.readyAtMs, verdict.askedAtMs, spacingMs);
      lanes.promisedMs[lane] = slotMs;
      return slotMs;
    },
    forgive(low, high) {
      const found = table.find(low, high);
      lanes.forget(low, high);
      if (found >= 0) table.tatMs[found] = 0;
      return found >= 0;
    },
    settle(low, high, tatMs) {
      const found = table.find(low, high);
      if (found >= 0) table.tatMs[found] = tatMs;
    },
    setShare(nodes) {
      limit = { ...options.limit, perSecond: options.limit.perSecond / nodes, burst: Math.max(1, Math.floor(options.limit.burst / nodes)) };
      Object.assign(gcra, toGcra(limit));
      reserveMs = reserveOf(limit, gcra);
    },
    peek(low, high) {
      const found = table.find(low, high);
      return found < 0 ? 0 : (table.tatMs[found] as number);
    },
  };
}
