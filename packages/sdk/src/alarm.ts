import type { Clock } from '@openkupe/contract/clock';

/** A reason made once: `abort()` without one makes an exception with a stack each time. */
export const ENDED = 'ended';

/** Rings once at the time it was last set to, on the monotonic clock; set to nothing it is off, and no timer is left. */
export type Alarm = (atMs: number | undefined) => void;

export function createAlarm(clock: Clock, ring: () => void): Alarm {
  let setFor: number | undefined;
  let timer: AbortController | undefined;
  return (atMs) => {
    if (atMs === setFor) return;
    timer?.abort(ENDED);
    setFor = atMs;
    timer = undefined;
    if (atMs === undefined) return;
    const own = new AbortController();
    timer = own;
    const end = () => {
      if (timer !== own) return;
      timer = undefined;
      setFor = undefined;
      ring();
    };
    clock.sleep(atMs - clock.monotonic(), own.signal).then(end, () => {});
  };
}
