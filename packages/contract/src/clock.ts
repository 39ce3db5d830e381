/**
 * Time as a port. Code that reads the time or waits takes a `Clock`; only this file may use the runtime's own.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch. May jump; use it for what is shown or stored. */
  now(): number;
  /** Milliseconds that never go backwards, from an arbitrary origin. Use it to measure durations. */
  monotonic(): number;
  /**
   * Resolves after `ms` milliseconds. Rejects with the signal's reason as soon as the signal aborts, and leaves no timer behind.
   * Negative and fractional waits are rounded up to a whole millisecond, at least 0.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Timers overflow to 1 ms above this many milliseconds, so a longer sleep is slept in pieces. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function timer(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(handle);
      reject(signal?.reason);
    };
    const handle = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    let leftMs = Math.max(0, Math.ceil(ms));
    while (leftMs > LONGEST_TIMER_MS) {
      await timer(LONGEST_TIMER_MS, signal);
      leftMs -= LONGEST_TIMER_MS;
    }
    await timer(leftMs, signal);
  },
};

/**
 * Epoch milliseconds that move as `monotonic` does, from what the wall clock says now. For moments that one process compares with each
 * other: setting the wall clock changes none of them. What is shown to a person is taken from `now`.
 */
export function steadyNow({ now, monotonic }: Pick<Clock, 'now' | 'monotonic'>): () => number {
  const originMs = now() - monotonic();
  return () => Math.round(originMs + monotonic());
}

/** RFC 3339 in UTC with whole seconds, the form of every time the API prints, e.g. `2026-04-06T12:00:00Z`. */
export function formatTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}
