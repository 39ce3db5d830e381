import type { Clock } from '@openkupe/contract/clock';

/** A reason made once: `abort()` without one makes an exception with a stack each time. */
export const ENDED = 'ended';

/** A reschedulable timer: `set(atMs)` fires once at that time of the monotonic clock, `set(undefined)` cancels. */
export interface Timer {
  set(atMs: number | undefined): void;
}

/** A timer that is not set yet and calls `fire`; while it is off, nothing is pending on the clock. */
export function createTimer(clock: Clock, fire: () => void): Timer {
  let setFor: number | undefined;
  let pending: AbortController | undefined;
  return {
    set(atMs) {
      if (atMs === setFor) return;
      pending?.abort(ENDED);
      setFor = atMs;
      pending = undefined;
      if (atMs === undefined) return;
      const own = new AbortController();
      pending = own;
      const end = () => {
        if (pending !== own) return;
        pending = undefined;
        setFor = undefined;
        fire();
      };
      clock.sleep(atMs - clock.monotonic(), own.signal).then(end, () => {});
    },
  };
}
