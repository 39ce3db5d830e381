import type { Clock } from '@openkupe/contract';
import { createAdaptiveLimit } from './adaptive-limit.ts';
import { createPlacePromises } from './place-promises.ts';

/** What suffers last to what suffers first when the process has more to do than it can. */
export type Priority = 'status-read' | 'write' | 'list' | 'repeated-list';

/** How much of the limit a priority may fill. */
const SHARE: Readonly<Record<Priority, number>> = {
  'status-read': 1,
  write: 0.9,
  list: 0.75,
  'repeated-list': 0.5,
};

/**
 * Beyond the limit there is room for those who come back in the time they were promised, whatever their priority. So many limits are
 * promised a second; the room is twice that, because the limit may have fallen since.
 */
const PROMISED_A_SECOND = 2;
const ROOM_OF_PROMISED = 2 * PROMISED_A_SECOND;

export interface OverloadRequest {
  readonly priority: Priority;
  /** What it is compared with when it is judged slow: others of its kind, such as of its route. */
  readonly kind?: string;
  /** Who asks, such as its address: a caller that comes back in the time it was promised goes before newcomers. */
  readonly caller?: string;
  /** The caller has stopped waiting already. */
  readonly hasExpired?: boolean;
}

/** A 503; nothing was executed. */
export interface OverloadRefusal {
  readonly isAdmitted: false;
  readonly reason: 'overload' | 'deadline';
  readonly retryAfterMs: number;
}

/** A place among those that run. Call `end` once, when the answer is decided. */
export interface Place {
  readonly isAdmitted: true;
  /** Gives the place back for as long as the client is waited for: how long that takes is the client's doing, and no sample. */
  leave(): void;
  /** Asks for it again. */
  comeBack(now?: { readonly hasExpired: boolean }): OverloadRefusal | undefined;
  /** How long the client was waited for. */
  readonly awayMs: number;
  /** A refusal is no sample: how soon it came tells nothing about how long the work takes. */
  end(isSample?: boolean): void;
}

export type OverloadAdmission = Place | OverloadRefusal;

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

/** A caller that set itself a deadline and missed it may set the next one at once. */
export const AFTER_DEADLINE_MS = 1000;

export function createOverloadGuard(options: OverloadOptions): OverloadGuard {
  const { clock, loopDelayMs, initial = 100, least = 10, most = 10_000 } = options;
  const adaptive = createAdaptiveLimit({ initial, least, most, loopDelayMs });
  const promises = createPlacePromises();
  const counters = { admitted: 0, refused: 0, expired: 0 };
  let inFlight = 0;

  const hasRoom = (priority: Priority, caller: string, nowMs: number) => {
    if (inFlight < adaptive.limit * SHARE[priority]) return true;
    return inFlight < adaptive.limit * (1 + ROOM_OF_PROMISED) && promises.redeem(caller, nowMs);
  };
  const take = ({ priority, caller = '' }: OverloadRequest, hasExpired: boolean, nowMs: number): OverloadRefusal | undefined => {
    if (hasExpired) {
      counters.expired += 1;
      return { isAdmitted: false, reason: 'deadline', retryAfterMs: AFTER_DEADLINE_MS };
    }
    adaptive.notice(inFlight, nowMs);
    if (!hasRoom(priority, caller, nowMs)) {
      counters.refused += 1;
      adaptive.refused();
      return { isAdmitted: false, reason: 'overload', retryAfterMs: promises.make(caller, adaptive.limit * PROMISED_A_SECOND, nowMs) };
    }
    if (inFlight === 0) promises.busy(nowMs);
    inFlight += 1;
    return undefined;
  };

  return {
    get limit() {
      adaptive.notice(inFlight, clock.monotonic());
      return adaptive.limit;
    },
    get inFlight() {
      return inFlight;
    },
    counters,
    admit(request) {
      const { kind = request.priority, hasExpired = false } = request;
      let sinceMs = clock.monotonic();
      const refusal = take(request, hasExpired, sinceMs);
      if (refusal) return refusal;
      counters.admitted += 1;
      let ranMs = 0;
      let awayMs = 0;
      /** Since when the client is waited for. */
      let leftMs: number | undefined;
      let hasEnded = false;
      return {
        isAdmitted: true,
        get awayMs() {
          return leftMs === undefined ? awayMs : awayMs + clock.monotonic() - leftMs;
        },
        leave() {
          leftMs = clock.monotonic();
          ranMs += leftMs - sinceMs;
          promises.left(leftMs);
          inFlight -= 1;
        },
        comeBack(now = { hasExpired: false }) {
          const nowMs = clock.monotonic();
          const refused = take(request, now.hasExpired, nowMs);
          if (refused) return refused;
          awayMs += nowMs - (leftMs ?? nowMs);
          leftMs = undefined;
          sinceMs = nowMs;
          return undefined;
        },
        end(isSample = true) {
          if (hasEnded) return;
          hasEnded = true;
          // Whoever never came back has no place to give up, and did not run to its end.
          if (leftMs !== undefined) return;
          const nowMs = clock.monotonic();
          if (isSample) adaptive.sample({ kind, durationMs: ranMs + nowMs - sinceMs, inFlight, nowMs });
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
