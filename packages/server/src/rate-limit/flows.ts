import { createFixedTable } from './fixed-table.ts';
import type { Gcra } from './gcra.ts';

/**
 * The flows of an address: one for each credential that was verified, and one for everything else. A flow begins with promises for half a
 * second's quota. One whose requests return when they were asked to earns promises for up to ten seconds; one that asks again too early, or
 * does not come back, loses what it earned. So a flood keeps its neighbours waiting for half a second, and a pool of workers is served.
 */
export interface Flows {
  readonly bytes: number;
  /** The handle of a flow, which is new if it has not been seen lately. Flows for which there is no room share one. */
  claim(flow: FlowName, nowMs: number): { readonly flow: number; readonly isFirstRefusal: boolean };
  /** Whether a promise of this cost may be added. A request that has waited without one needs no more than what obedient flows may have. */
  mayPromise(flow: number, cost: number, hasWaited: boolean): boolean;
  /** Whether a wait without a promise may be remembered, which only decides about what a flow earns. */
  mayWait(flow: number): boolean;
  /** Adds a wait, with the cost of its promise or 0. */
  add(flow: number, promisedCost: number): void;
  /** Ends a wait, whose request has returned or not. */
  end(flow: number, promisedCost: number, isReturned: boolean): void;
  /** Notes a request that came before the end of its wait. */
  early(flow: number): void;
  /**
   * When a request is asked to return that gets no promise: each at a later moment than the one before, none before `earliestMs`, so that
   * those who wait do not return together. Begins anew beyond the horizon. Nothing is held back for it.
   */
  spread(flow: number, earliestMs: number, nowMs: number): number;
}

/** A flow by its keyed hash. One that is not trusted earns nothing. */
export interface FlowName {
  readonly low: number;
  readonly high: number;
  readonly isTrusted: boolean;
}

/** What every flow may have promised, and what it can have at most, in seconds of the limit's rate. */
const LEAST_SECONDS = 0.5;
const MOST_SECONDS = 10;
/** How far the credit of a flow can fall below nothing, as a multiple of what every flow may have. */
const DEEPEST_DEBT = 4;
/** A refusal after this long without any begins a new episode, for the log. */
const EPISODE_MS = 10_000;

/** Creates room for this many flows. */
export function createFlows(entries: number, gcra: Gcra): Flows {
  const table = createFixedTable(entries);
  const { ranks: lastSeenMs, pins: waiting } = table;
  const places = lastSeenMs.length;
  const promised = new Int32Array(places);
  const credit = new Float64Array(places);
  const isTrusted = new Uint8Array(places);
  const spreadMs = new Float64Array(places);
  const ofRate = (seconds: number) => Math.max(1, Math.round((seconds * 1000) / gcra.intervalMs));
  const least = ofRate(LEAST_SECONDS);
  const most = ofRate(MOST_SECONDS);
  const change = (flow: number, by: number) => {
    credit[flow] = Math.max(-DEEPEST_DEBT * least, Math.min(most - least, (credit[flow] as number) + by));
  };

  return {
    bytes: table.bytes + promised.byteLength + credit.byteLength + isTrusted.byteLength + spreadMs.byteLength,
    claim({ low, high, isTrusted: isNowTrusted }, nowMs) {
      const known = table.find(low, high);
      const flow = known >= 0 ? known : table.claim(low, high, nowMs, nowMs);
      const isFirstRefusal = known < 0 || nowMs - (lastSeenMs[flow] as number) > EPISODE_MS;
      if (known < 0 && flow !== table.overflow) {
        credit[flow] = 0;
        spreadMs[flow] = 0;
      }
      isTrusted[flow] = isNowTrusted ? 1 : 0;
      lastSeenMs[flow] = nowMs;
      return { flow, isFirstRefusal };
    },
    mayPromise(flow, cost, hasWaited) {
      const earned = isTrusted[flow] === 1 ? (credit[flow] as number) : 0;
      const allowed = hasWaited && isTrusted[flow] === 1 && earned >= 0 ? most : least + Math.max(0, earned);
      return (promised[flow] as number) + cost <= Math.max(allowed, cost);
    },
    mayWait: (flow) => isTrusted[flow] === 1 && (waiting[flow] as number) < most,
    add(flow, promisedCost) {
      waiting[flow] = (waiting[flow] as number) + 1;
      promised[flow] = (promised[flow] as number) + promisedCost;
    },
    end(flow, promisedCost, isReturned) {
      waiting[flow] = (waiting[flow] as number) - 1;
      promised[flow] = (promised[flow] as number) - promisedCost;
      change(flow, isReturned ? 1 : Math.min(-1, -(credit[flow] as number) / 2));
    },
    early: (flow) => change(flow, -1),
    spread(flow, earliestMs, nowMs) {
      const nextMs = Math.max((spreadMs[flow] as number) + gcra.intervalMs, earliestMs);
      spreadMs[flow] = nextMs > nowMs + gcra.horizonMs ? earliestMs : nextMs;
      return spreadMs[flow] as number;
    },
  };
}
