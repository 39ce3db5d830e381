import type { Clock } from '@openkupe/contract';
import { createAdaptiveLimit } from './adaptive-limit.ts';

/** What suffers last to what suffers first when the process has more to do than it can. */
export type Priority = 'status-read' | 'write' | 'list' | 'repeated-list';

/** How much of the limit a priority may fill. */
const SHARE: Readonly<Record<Priority, number>> = {
  'status-read': 1,
  write: 0.9,
  list: 0.75,
  'repeated-list': 0.5,
};

export interface OverloadRequest {
  readonly priority: Priority;
  /** The caller has stopped waiting already. */
  readonly hasExpired?: boolean;
}

export type OverloadAdmission =
  /** Call `end` once, when the answer is decided. */
  | { readonly isAdmitted: true; end(): void }
  /** A 503; nothing was executed. */
  | { readonly isAdmitted: false; readonly reason: 'overload' | 'deadline'; readonly retryAfterMs: number };

/** Keeps the process in the range where it answers everybody it admits. */
export interface OverloadGuard {
  readonly limit: number;
  readonly inFlight: number;
  readonly counters: { admitted: number; refused: number; expired: number };
  admit(request: OverloadRequest): OverloadAdmission;
}

export interface OverloadOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly loopDelayMs: () => number;
  readonly initial?: number;
  readonly least?: number;
  readonly most?: number;
}

const RATE_WINDOW_MS = 1000;
const LONGEST_PROMISE_MS = 30_000;

/** Promises refused callers the places that come free, one each, at the speed at which requests finished lately. */
function createPromises() {
  let windowStartedMs = 0;
  let finished = 0;
  let perMs = 0.1;
  let promisedMs = 0;
  return {
    finished(nowMs: number) {
      finished += 1;
      const spanMs = nowMs - windowStartedMs;
      if (spanMs < RATE_WINDOW_MS) return;
      perMs = Math.max(0.001, finished / spanMs);
      windowStartedMs = nowMs;
      finished = 0;
    },
    next(nowMs: number) {
      promisedMs = Math.min(Math.max(promisedMs, nowMs) + 1 / perMs, nowMs + LONGEST_PROMISE_MS);
      return promisedMs - nowMs;
    },
  };
}

export function createOverloadGuard(options: OverloadOptions): OverloadGuard {
  const { clock, loopDelayMs, initial = 100, least = 10, most = 10_000 } = options;
  const adaptive = createAdaptiveLimit({ initial, least, most, loopDelayMs });
  const promises = createPromises();
  const counters = { admitted: 0, refused: 0, expired: 0 };
  let inFlight = 0;

  return {
    get limit() {
      return adaptive.limit;
    },
    get inFlight() {
      return inFlight;
    },
    counters,
    admit({ priority, hasExpired }) {
      const startedMs = clock.monotonic();
      if (hasExpired) {
        counters.expired += 1;
        return { isAdmitted: false, reason: 'deadline', retryAfterMs: 1000 };
      }
      if (inFlight >= adaptive.limit * SHARE[priority]) {
        counters.refused += 1;
        adaptive.refused();
        return { isAdmitted: false, reason: 'overload', retryAfterMs: promises.next(startedMs) };
      }
      inFlight += 1;
      counters.admitted += 1;
      let hasEnded = false;
      return {
        isAdmitted: true,
        end() {
          if (hasEnded) return;
          hasEnded = true;
          const nowMs = clock.monotonic();
          adaptive.sample(nowMs - startedMs, inFlight);
          inFlight -= 1;
          promises.finished(nowMs);
        },
      };
    },
  };
}

/** What a request is worth when not everything can be done. A repeated attempt yields to a first one. */
export function priorityOf(request: { method: string; isList: boolean; isRepeated: boolean }): Priority {
  const order: readonly Priority[] = ['status-read', 'write', 'list', 'repeated-list'];
  const own = request.isList ? 2 : request.method === 'GET' || request.method === 'HEAD' ? 0 : 1;
  return order[request.isRepeated ? own + 1 : own] ?? 'repeated-list';
}
