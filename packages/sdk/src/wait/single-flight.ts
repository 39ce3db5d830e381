import type { Clock } from '@openkupe/contract/clock';
import { ENDED } from '../reschedulable-timer.ts';
import { unlessAborted } from '../scope.ts';

/** From this number of members on, one load of the whole collection is cheaper than one load for each. */
const WORTH_SHARING = 3;

/** One load that several callers wait for. */
interface Flight<T> {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  /** How many loads had begun, this one included; 0 before it begins. */
  ordinal: number;
  callers: number;
}

/**
 * Request coalescing (single flight): members that need the same load at the same time, or soon after it, share one. A member never gets
 * the result of a load that began before it joined, which may show the state before its own last write: it shares the next one.
 */
export interface SingleFlight<T> {
  readonly isWorthSharing: boolean;
  /** Adds a member. Returns how many loads had begun: only later ones are for it. */
  join(): number;
  /** Removes a member. */
  leave(): void;
  /**
   * A result at most `maxAgeMs` old, of a load that began after `joinedAt`, the number that `join` returned. Throws what the load throws,
   * or the signal's reason when it aborts; a load is stopped when its last caller has left.
   */
  get(joinedAt: number, maxAgeMs: number, signal: AbortSignal): Promise<T>;
}

/** A {@link SingleFlight} of `load`: at most one load runs at a time, and one more is queued behind it. */
export function createSingleFlight<T>(clock: Clock, load: (signal: AbortSignal) => Promise<T>): SingleFlight<T> {
  let members = 0;
  let begun = 0;
  let running: Flight<T> | undefined;
  let queued: Flight<T> | undefined;
  let last: { readonly value: T; readonly ordinal: number; readonly atMs: number } | undefined;

  /** A load that begins when the running one has ended. */
  function enqueue(): Flight<T> {
    const stop = new AbortController();
    const before = running?.result;
    const run = async () => {
      await before?.catch(() => {});
      stop.signal.throwIfAborted();
      queued = undefined;
      running = flight;
      begun += 1;
      flight.ordinal = begun;
      try {
        const value = await load(stop.signal);
        last = { value, ordinal: flight.ordinal, atMs: clock.monotonic() };
        return value;
      } finally {
        if (running === flight) running = undefined;
      }
    };
    const flight: Flight<T> = { result: run(), stop, ordinal: 0, callers: 0 };
    flight.result.catch(() => {});
    return flight;
  }

  function flightFor(joinedAt: number): Flight<T> {
    if (running && running.ordinal > joinedAt) return running;
    queued ??= enqueue();
    return queued;
  }

  /** Forgets a load before it stops it, so that no caller can join a load that is being stopped. */
  function abandon(flight: Flight<T>): void {
    if (running === flight) running = undefined;
    if (queued === flight) queued = undefined;
    flight.stop.abort(ENDED);
  }

  return {
    get isWorthSharing() {
      return members >= WORTH_SHARING;
    },
    join() {
      members += 1;
      return begun;
    },
    leave() {
      members -= 1;
      // NOTE: no later member may have it, so it would only take up memory.
      if (members === 0) last = undefined;
    },
    async get(joinedAt, maxAgeMs, signal) {
      if (last && last.ordinal > joinedAt && clock.monotonic() - last.atMs <= maxAgeMs) return last.value;
      const flight = flightFor(joinedAt);
      flight.callers += 1;
      try {
        return await unlessAborted(flight.result, signal);
      } finally {
        flight.callers -= 1;
        if (flight.callers === 0) abandon(flight);
      }
    },
  };
}
