import type { Clock } from '@openkupe/contract/clock';
import { ENDED } from '../alarm.ts';

/** From this many waiters on, one look at the whole collection is cheaper than one look at each. */
const WORTH_SHARING = 3;

interface Flight<T> {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  /** How many looks had begun, this one included; 0 before it begins. */
  ordinal: number;
  passengers: number;
}

/**
 * Lets many waiters share one look: whoever comes while one is under way, or soon after it, gets its result. Nobody gets the result of
 * a look that began before their wait, which may show what was there before their own last write: they share the next one.
 */
export interface SharedLook<T> {
  readonly isWorthSharing: boolean;
  /** One more waits. The ticket is for `see`. */
  join(): number;
  leave(): void;
  /** A result that is at most `freshMs` old. Throws the signal's reason when it aborts; the look stops when nobody is left in it. */
  see(ticket: number, freshMs: number, signal: AbortSignal): Promise<T>;
}

/** The result, or the signal's reason as soon as it aborts. */
async function unlessAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([result, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

export function createSharedLook<T>(clock: Clock, look: (signal: AbortSignal) => Promise<T>): SharedLook<T> {
  let waiters = 0;
  let begun = 0;
  let flying: Flight<T> | undefined;
  let boarding: Flight<T> | undefined;
  let last: { readonly value: T; readonly ordinal: number; readonly atMs: number } | undefined;

  /** A look that begins when the one under way has ended. */
  function board(): Flight<T> {
    const stop = new AbortController();
    const before = flying?.result;
    const depart = async () => {
      await before?.catch(() => {});
      stop.signal.throwIfAborted();
      boarding = undefined;
      flying = flight;
      begun += 1;
      flight.ordinal = begun;
      try {
        const value = await look(stop.signal);
        last = { value, ordinal: flight.ordinal, atMs: clock.monotonic() };
        return value;
      } finally {
        if (flying === flight) flying = undefined;
      }
    };
    const flight: Flight<T> = { result: depart(), stop, ordinal: 0, passengers: 0 };
    flight.result.catch(() => {});
    return flight;
  }

  function flightFor(ticket: number): Flight<T> {
    if (flying && flying.ordinal > ticket) return flying;
    boarding ??= board();
    return boarding;
  }

  /** Nobody may board a look that is being stopped, so it is let go before it is told. */
  function abandon(flight: Flight<T>): void {
    if (flying === flight) flying = undefined;
    if (boarding === flight) boarding = undefined;
    flight.stop.abort(ENDED);
  }

  return {
    get isWorthSharing() {
      return waiters >= WORTH_SHARING;
    },
    join() {
      waiters += 1;
      return begun;
    },
    leave() {
      waiters -= 1;
      // NOTE: whoever comes next may not have it, so it would only take up space.
      if (waiters === 0) last = undefined;
    },
    async see(ticket, freshMs, signal) {
      if (last && last.ordinal > ticket && clock.monotonic() - last.atMs <= freshMs) return last.value;
      const flight = flightFor(ticket);
      flight.passengers += 1;
      try {
        return await unlessAborted(flight.result, signal);
      } finally {
        flight.passengers -= 1;
        if (flight.passengers === 0) abandon(flight);
      }
    },
  };
}
