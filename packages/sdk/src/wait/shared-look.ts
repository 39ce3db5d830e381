import type { Clock } from '@openkupe/contract/clock';
import { ENDED } from '../alarm.ts';

/** From this many waiters on, one look at the whole collection is cheaper than one look at each. */
const WORTH_SHARING = 3;

interface Flight<T> {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  passengers: number;
}

/** Lets many waiters share one look: whoever comes while one is under way, or soon after it, gets its result. */
export class SharedLook<T> {
  private readonly clock: Clock;
  private readonly look: (signal: AbortSignal) => Promise<T>;
  private waiters = 0;
  private flight: Flight<T> | undefined;
  private last: { readonly value: T; readonly atMs: number } | undefined;

  constructor(clock: Clock, look: (signal: AbortSignal) => Promise<T>) {
    this.clock = clock;
    this.look = look;
  }

  get isWorthSharing(): boolean {
    return this.waiters >= WORTH_SHARING;
  }

  join(): void {
    this.waiters += 1;
  }

  leave(): void {
    this.waiters -= 1;
    if (this.waiters === 0) this.last = undefined;
  }

  /** A result that is at most `freshMs` old. Throws the signal's reason when it aborts; the look stops when nobody is left in it. */
  async see(freshMs: number, signal: AbortSignal): Promise<T> {
    if (this.last && this.clock.monotonic() - this.last.atMs <= freshMs) return this.last.value;
    this.flight ??= this.start();
    const { flight } = this;
    flight.passengers += 1;
    let onAbort = () => {};
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason);
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([flight.result, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      flight.passengers -= 1;
      if (flight.passengers === 0) flight.stop.abort(ENDED);
    }
  }

  private start(): Flight<T> {
    const stop = new AbortController();
    const flight = { result: this.look(stop.signal), stop, passengers: 0 };
    const land = () => {
      if (this.flight === flight) this.flight = undefined;
    };
    flight.result.then((value) => {
      this.last = { value, atMs: this.clock.monotonic() };
      land();
    }, land);
    return flight;
  }
}
