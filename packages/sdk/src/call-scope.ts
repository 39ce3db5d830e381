import type { Clock } from '@openkupe/contract/clock';

/** A reason made once: `abort()` without one makes an exception with a stack each time. */
export const ENDED = 'ended';

/** The life of one call: the caller's signal and the call's deadline as one signal, which covers queueing, waiting and the network. */
export interface CallScope {
  readonly signal: AbortSignal;
  /** Whether it was the deadline that ended the call, not the caller. */
  readonly hasExpired: boolean;
  /** Milliseconds until the deadline, at least 0. */
  leftMs(): number;
  /** Waits, and throws the signal's reason before anything else can happen if the call ended meanwhile. */
  sleep(ms: number): Promise<void>;
  /** Releases the timer and the listener. */
  end(): void;
}

/** Opens a scope that ends after `deadlineMs` or when `outer` aborts. Throws the outer signal's reason if it already has. */
export function openScope(clock: Clock, deadlineMs: number, outer?: AbortSignal): CallScope {
  outer?.throwIfAborted();
  const controller = new AbortController();
  const timer = new AbortController();
  const endsAt = clock.monotonic() + deadlineMs;
  let hasExpired = false;
  const forward = () => controller.abort(outer?.reason);
  const expire = () => {
    hasExpired = true;
    controller.abort(new Error('The deadline of the call has passed'));
  };
  outer?.addEventListener('abort', forward, { once: true });
  if (Number.isFinite(deadlineMs)) clock.sleep(deadlineMs, timer.signal).then(expire, () => {});

  return {
    signal: controller.signal,
    get hasExpired() {
      return hasExpired;
    },
    leftMs: () => Math.max(0, endsAt - clock.monotonic()),
    async sleep(ms) {
      await clock.sleep(ms, controller.signal);
      controller.signal.throwIfAborted();
    },
    end() {
      timer.abort(ENDED);
      outer?.removeEventListener('abort', forward);
    },
  };
}
