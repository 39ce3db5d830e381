import { allowedAt, charge, type Gcra, isDue, nextSlot, type RateLimit, toGcra } from './gcra.ts';
import { createLanes, LANE_MEMORY_MS, type Lanes } from './lanes.ts';
import { createLimitTable, type LimitTable } from './limit-table.ts';
import { isTurn, isUnproven, nextTurnMs, sharedLane } from './newcomers.ts';
import { nearLimitMs, type Verdict } from './rate-limit-fields.ts';

/** One policy over many keys. Ask every limiter first; then charge all of them, or reserve with those that refused. */
export interface Limiter {
  readonly limit: RateLimit;
  readonly gcra: Gcra;
  readonly nearLimitMs: number;
  readonly table: LimitTable;
  readonly lanes: Pick<Lanes, 'inUse'>;
  readonly bytes: number;
  /**
   * `laneOf` tells the caller's lane, as `newcomers.ts` names them; it is called only when the key is near its limit. `held` is how many requests may still have to be
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
  /**
   * Whether the last {@link reserve} promised a moment that nobody else is promised. Not at the horizon, which many share; not where
   * promises could not be remembered, or are remembered for several lanes, whose chains may meet; not in the overflow slot.
   */
  readonly isOwnSlot: boolean;
  /** Gives a key its full quota back. Returns whether it was known. */
  forgive(low: number, high: number): boolean;
  /** A key's arrival time, 0 if it is not known. */
  peek(low: number, high: number): number;
}

export interface LimiterOptions {
  readonly limit: RateLimit;
  /** Keys that can be counted at once, 16 bytes each. */
  readonly slots: number;
  /** Keys that can be over their limit at once with their promises remembered, about 380 bytes each. */
  readonly limitedKeys: number;
  /** What a request weighs at most; 1 if not given. Nothing weighs more than the burst. */
  readonly mostCost?: number;
}

/** The overflow slot admits as much as this many keys together. */
const OVERFLOW_KEYS = 50;
/** A bucket that has been full for this long proves that the promised callers do not come. */
const ABANDONED_MS = 2000;
/** A shared lane whose promises to others reach this far ahead is crowded, and so it stays while they keep being made. */
const CROWDED_MS = 2500;
const CROWD_HORIZON_MS = 5000;
/** Where promises cannot be remembered they are spread over this time. */
const SPREAD_MS = 30_000;
/** Multiples of it, modulo 1, are as far from each other as they can be. */
const GOLDEN_RATIO = 0.6180339887;

/** What a lane beyond its share has to leave for the others: a second's worth, at most half the bucket. In milliseconds. */
function reserveOf(limit: RateLimit, gcra: Gcra): number {
  return Math.min(Math.floor(limit.burst / 2), Math.ceil(limit.perSecond)) * gcra.intervalMs;
}

/** The same while another lane waits: at least what the dearest request needs. */
function waitersReserveOf(limit: RateLimit, gcra: Gcra, mostCost: number): number {
  const dearestMs = mostCost > 1 ? Math.min(limit.burst, mostCost) * gcra.intervalMs : 0;
  return Math.max(reserveOf(limit, gcra), dearestMs);
}

/**
 * How far ahead of now a key may be and still be given up for a newcomer: one request, and so little that the heaviest one would be
 * admitted, because a key that would refuse any is over its limit.
 */
function evictableMs(gcra: Gcra, mostCost: number): number {
  return Math.min(gcra.intervalMs, gcra.toleranceMs - Math.min(mostCost, gcra.burst) * gcra.intervalMs);
}

export function createLimiter(options: LimiterOptions): Limiter {
  const { limit, mostCost = 1 } = options;
  const gcra = toGcra(limit);
  const overflowGcra = toGcra({ ...limit, perSecond: limit.perSecond * OVERFLOW_KEYS, burst: limit.burst * OVERFLOW_KEYS });
  const table = createLimitTable({ slots: options.slots });
  const lanes: Lanes = createLanes({ records: options.limitedKeys });
  const reserveMs = reserveOf(limit, gcra);
  const waitersReserveMs = waitersReserveOf(limit, gcra, mostCost);
  const verdict: Verdict = { isAdmitted: false, readyAtMs: 0, tatMs: 0, reservedMs: 0, gcra, askedAtMs: 0 };
  const giveUpMs = evictableMs(gcra, mostCost);
  let handle = 0;
  let caller = 0;
  let lane = -1;
  let spread = 0;
  let shareIntervalMs = 0;
  let askedCost = 1;
  let heldMs = 0;
  let isFirstRefusal = false;
  let isOwnSlot = false;

  /** Whether others who share the lane have been promised slots up to that time. */
  const isTaken = (untilMs: number) =>
    isUnproven(caller) && lanes.lastCaller[lane] !== caller && (lanes.promisedMs[lane] as number) > untilMs;
  const shareToleranceMs = (cost: number) => Math.max(reserveMs, cost * shareIntervalMs);
  /** How much of the bucket this lane has to leave alone, in milliseconds. */
  const reserveFor = (nowMs: number, cost: number) => {
    if (lane < 0) return isUnproven(caller) ? reserveMs : 0;
    const parts = lanes.partsActive(lane, nowMs);
    shareIntervalMs = parts * gcra.intervalMs;
    if (parts < 2) return 0;
    if (isTaken(nowMs + CROWDED_MS)) return isTurn(caller, nowMs) ? reserveMs / 2 : reserveMs;
    const spentMs = Math.max(lanes.tatMs[lane] as number, nowMs) + cost * shareIntervalMs;
    if (isDue(spentMs - shareToleranceMs(cost), nowMs)) return 0;
    return lanes.isAnotherAwaited(lane, nowMs) ? waitersReserveMs : reserveMs;
  };
  /** Promises nothing that has to be remembered. */
  const spreadSlot = () => {
    spread = (spread + GOLDEN_RATIO) % 1;
    return verdict.readyAtMs + spread * SPREAD_MS;
  };

  return {
    limit,
    gcra,
    nearLimitMs: nearLimitMs(gcra),
    table,
    lanes,
    bytes: table.bytes + lanes.bytes,
    asked: verdict,
    get isFirstRefusal() {
      return isFirstRefusal;
    },
    get isOwnSlot() {
      return isOwnSlot;
    },
    ask(low, high, laneOf, nowMs, cost, held = 0) {
      handle = table.claim(low, high, nowMs, giveUpMs);
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
      verdict.reservedMs = 0;
      verdict.readyAtMs = freeAtMs;
      verdict.isAdmitted = true;
      if (nowMs >= freeAtMs + waitersReserveMs) {
        if (tatMs + ABANDONED_MS <= nowMs && nowMs - lanes.lastUsedMs < LANE_MEMORY_MS) lanes.forget(low, high);
        return verdict;
      }
      caller = laneOf();
      lane = lanes.enter(low, high, sharedLane(caller), nowMs);
      verdict.reservedMs = reserveFor(nowMs, cost);
      verdict.readyAtMs = freeAtMs + verdict.reservedMs;
      verdict.isAdmitted = isDue(verdict.readyAtMs, nowMs);
      return verdict;
    },
    charge() {
      const { gcra: rules, askedAtMs } = verdict;
      const tatMs = charge(rules, verdict.tatMs, askedAtMs, askedCost);
      table.tatMs[handle] = tatMs - heldMs;
      verdict.tatMs = tatMs;
      if (lane < 0) return;
      const costMs = askedCost * shareIntervalMs;
      const spentMs = Math.max(lanes.tatMs[lane] as number, askedAtMs) + costMs;
      // Using what others leave is no debt: a lane is at most one request beyond its share.
      lanes.tatMs[lane] = Math.min(spentMs, askedAtMs + shareToleranceMs(askedCost) + costMs);
      verdict.reservedMs = reserveFor(askedAtMs, 1);
    },
    reserve() {
      const { askedAtMs, readyAtMs } = verdict;
      isFirstRefusal = lane < 0 || (lanes.promisedMs[lane] as number) <= askedAtMs;
      isOwnSlot = false;
      if (lane < 0) return spreadSlot();
      const spacingMs = askedCost * verdict.gcra.intervalMs * lanes.partsWaiting(lane, askedAtMs);
      const isCrowd = isTaken(askedAtMs + CROWD_HORIZON_MS - spacingMs);
      lanes.lastCaller[lane] = caller;
      if (isCrowd) return nextTurnMs(caller, readyAtMs);
      // A chain whose end has passed holds nobody's place: whoever came back in vain is not put a whole place behind itself.
      const promisedMs = isFirstRefusal ? 0 : (lanes.promisedMs[lane] as number);
      const slotMs = nextSlot(verdict.gcra, promisedMs, readyAtMs, askedAtMs, spacingMs);
      isOwnSlot = !lanes.isAnotherAwaited(lane, askedAtMs) && verdict.gcra === gcra && slotMs < askedAtMs + gcra.horizonMs;
      lanes.promise(lane, slotMs, askedAtMs);
      return slotMs;
    },
    forgive(low, high) {
      const found = table.find(low, high);
      lanes.forget(low, high);
      if (found >= 0) table.tatMs[found] = 0;
      return found >= 0;
    },
    peek(low, high) {
      const found = table.find(low, high);
      return found < 0 ? 0 : (table.tatMs[found] as number);
    },
  };
}
