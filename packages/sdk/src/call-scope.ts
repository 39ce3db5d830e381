import type { Clock } from '@openkupe/contract/clock';
import { createAlarm } from './alarm.ts';

/** The life of one call: the caller's signal and the call's deadline as one signal, which covers queueing, waiting and the network. */
export interface CallScope {
  readonly signal: AbortSignal;
  /** Whether it was the deadline that ended the call, not the caller. */
  readonly hasExpired: boolean;
  /** Milliseconds until the deadline, at least 0. */
  leftMs(): number;
  /** Waits, and throws the signal's reason before anything else can happen if the call ended meanwhile. */
  sleep(ms: number): Promise<void>;
  /** The result of `work`, or the signal's reason as soon as it aborts, even if `work` takes no notice. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Releases the timer and the listener. */
  end(): void;
}

/**
 * Opens a scope that ends after `deadlineMs`, with an error that says `late`, or when `outer` aborts. Throws the outer signal's reason
 * if it already has.
 */
export function openScope(clock: Clock, deadlineMs: number, outer?: AbortSignal, late = 'The deadline of the call has passed'): CallScope {
  outer?.throwIfAborted();
  const controller = new AbortController();
  const { signal } = controller;
  const endsAt = clock.monotonic() + deadlineMs;
  let hasExpired = false;
  const forward = () => controller.abort(outer?.reason);
  outer?.addEventListener('abort', forward, { once: true });
  const alarm = createAlarm(clock, () => {
    hasExpired = true;
    controller.abort(new Error(late));
  });
  if (Number.isFinite(deadlineMs)) alarm(endsAt);

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
    race: (work) =>
      new Promise((resolve, reject) => {
        work.then(resolve, reject);
        const leave = () => reject(signal.reason);
        if (signal.aborted) leave();
        else signal.addEventListener('abort', leave, { once: true });
      }),
    end() {
      alarm(undefined);
      outer?.removeEventListener('abort', forward);
    },
  };
}
