import type { Clock } from '@openkupe/contract/clock';
import { createTimer } from './reschedulable-timer.ts';

/**
 * The lifetime of one method of the client: the caller's signal and the deadline as one signal. Every wait and every request of the method
 * is bounded by it.
 */
export interface Scope {
  readonly signal: AbortSignal;
  /** Whether the deadline has aborted the signal, rather than the caller. */
  readonly hasExpired: boolean;
  /** Milliseconds until the deadline, at least 0. */
  leftMs(): number;
  /** Waits, and throws the signal's reason before anything else can happen if the scope ended meanwhile. */
  sleep(ms: number): Promise<void>;
  /** Releases the timer and the listener. */
  end(): void;
}

/** The result of `work`, or the signal's reason as soon as it aborts, even if `work` ignores the signal. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/**
 * Opens a scope that ends after `deadlineMs`, with an error whose message is `late`, or when `outer` aborts. Throws the outer signal's
 * reason if it already has.
 */
export function openScope(clock: Clock, deadlineMs: number, outer?: AbortSignal, late = 'The deadline of the call has passed'): Scope {
  outer?.throwIfAborted();
  const controller = new AbortController();
  const { signal } = controller;
  const endsAt = clock.monotonic() + deadlineMs;
  let hasExpired = false;
  const forward = () => controller.abort(outer?.reason);
  const expire = () => {
    hasExpired = true;
    controller.abort(new Error(late));
  };
  const timer = createTimer(clock, expire);
  if (deadlineMs <= 0) expire();
  else if (Number.isFinite(deadlineMs)) timer.set(endsAt);
  outer?.addEventListener('abort', forward, { once: true });

  return {
    signal,
    get hasExpired() {
      return hasExpired;
    },
    leftMs: () => Math.max(0, endsAt - clock.monotonic()),
    async sleep(ms) {
      await clock.sleep(ms, signal);
      signal.throwIfAborted();
    },
    end() {
      timer.set(undefined);
      outer?.removeEventListener('abort', forward);
    },
  };
}
