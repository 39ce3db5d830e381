import { type Clock, systemClock } from '@openkupe/contract/clock';

/** A clock that runs `speed` times as fast as the machine's, from `startMs`: real sockets work under it, and long waits end soon. */
export function createFastClock(speed: number, startMs = Date.UTC(2026, 0, 1)): Clock {
  const startedAt = systemClock.monotonic();
  const elapsed = () => (systemClock.monotonic() - startedAt) * speed;
  return {
    now: () => startMs + elapsed(),
    monotonic: elapsed,
    sleep: (ms, signal) => systemClock.sleep(ms / speed, signal),
  };
}
