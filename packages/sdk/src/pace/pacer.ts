import type { Clock } from '@openkupe/contract/clock';
import { createAlarm } from '../alarm.ts';
import type { ResponseHeaders } from '../transport/transport.ts';
import { joinQueue, type Waiter } from '../wait-queue.ts';
import { createCongestion } from './congestion.ts';
import type { Quota } from './quota.ts';

/** Who goes first when not all can: calls that were sent before, calls that somebody waits for, polling. */
export type Priority = 0 | 1 | 2;

/** The right to send one request now. One of its methods has to be called; the first call counts. */
export interface Permit {
  /** Answered with anything but 429: the limit has room. */
  accepted(): void;
  /**
   * 429. Nobody sends for `waitMs`; the rate falls unless the server `isReserved` a slot for this very request. `toldMs` is what the
   * server said.
   */
  refused(waitMs: number, isReserved: boolean, toldMs?: number): void;
  /** No answer, or not sent after all: says nothing about the limit. */
  release(): void;
}

export interface PermitRequest {
  readonly priority: Priority;
  readonly signal: AbortSignal;
  /** Whether the caller is willing to be quiet for so long. */
  isPatient(quietMs: number): boolean;
  /** The server may keep a slot for this request: `promised` says that it does, `maybe` that it was refused before. */
  readonly slot?: 'promised' | 'maybe' | undefined;
}

/** Told to a caller that is not willing to wait as long as everybody has been told to. */
export interface TooLong {
  readonly tooLongMs: number;
}

/** A late timer may be made up for by sending sooner afterwards, within this time. */
const SLACK_MS = 20;
/** Whatever a server says, after a day somebody looks again. */
const LONGEST_QUIET_MS = 24 * 60 * 60_000;
/** A wait told to one request of a volley that is longer by this than what an earlier one was told is a slot, not a common end. */
const SLOT_SPREAD_MS = 900;

/**
 * The queue that every request of one credential to one origin goes through, first come, first served within a priority. It sends as
 * fast as nothing forbids: a refusal quiets everybody ("Retry-After is the number of seconds to wait"), a learned rate spaces
 * requests, announced quotas are kept, and the number in flight is bounded.
 */
export interface Pacer {
  /** Requests per second that may be sent now, `Infinity` while nothing limits them. */
  readonly ratePerSecond: number;
  readonly concurrency: number;
  /** How many were accepted so far; when it moves, the limit is letting us through. */
  readonly acceptedCount: number;
  /**
   * Waits for a permit, or returns at once `TooLong` when the caller is not patient enough for the quiet time everybody was told. Throws the
   * signal's reason when it aborts, having left the queue as if the call had never been in it.
   */
  acquire(request: PermitRequest): Promise<Permit | TooLong>;
  /** Learns from the quota fields of an answer whose permit is not released yet; `isRefused` when it was a 429. */
  observe(headers: ResponseHeaders, isRefused: boolean): void;
  /** How many a second were lately accepted. */
  deliveredPerSecond(): number;
  /** After an outage, before which `perSecond` were accepted: starts below that and speeds up. */
  restart(perSecond: number): void;
}

/** With a `quota` the fields that announce limits are kept to before the first refusal. */
export function createPacer(clock: Clock, quota?: Quota): Pacer {
  const congestion = createCongestion();
  const lines: Waiter<Permit | TooLong, PermitRequest>[][] = [[], [], []];
  let inFlight = 0;
  let grants = 0;
  let quietUntil = 0;
  /** What the first refusal of this congestion event was told. */
  let firstToldMs = 0;
  /** The next in line had to wait for the learned rate, so that its success says something about it. */
  let isPaced = false;
  let nextSlot = 0;
  /**
   * Whether refused requests were told different times, one after the other: the server hands out slots, so each returns at its own
   * time, past the queue. Believed until a request that returned in time is refused again.
   */
  let hasSlots = false;

  const waiting = () => lines.some((line) => line.length > 0);
  const isBusy = () => inFlight >= congestion.concurrency;
  const next = () => {
    grants += 1;
    // NOTE: mostly by priority, and now and then the other way, so that nobody starves.
    const order = grants % 8 === 0 ? [2, 1, 0] : grants % 4 === 0 ? [1, 0, 2] : [0, 1, 2];
    return order
      .map((priority) => lines[priority])
      .find((line) => line?.length)
      ?.shift();
  };

  /** Grants permits until something forbids the next one, and then sleeps exactly until it no longer does. */
  const pump = () => {
    const now = clock.monotonic();
    while (waiting() && !isBusy()) {
      const at = Math.max(quietUntil, nextSlot, now + (quota?.waitMs(now) ?? 0));
      if (at > now) {
        isPaced ||= at === nextSlot;
        return wakeAt(at);
      }
      const spacingMs = 1_000 / congestion.rate;
      if (spacingMs > 0) nextSlot = Math.max(nextSlot, now - SLACK_MS) + spacingMs;
      next()?.grant(open(false, isPaced));
      isPaced = false;
    }
    wakeAt(undefined);
  };
  const wakeAt = createAlarm(clock, pump);

  /** Nobody sends before `until`, and whoever is not willing to wait that long is told so at once. */
  const quiet = (until: number, waitMs: number) => {
    if (until <= quietUntil) return;
    quietUntil = until;
    for (const line of lines)
      for (const one of line.splice(0)) {
        if (one.isPatient(waitMs)) line.push(one);
        else one.grant({ tooLongMs: waitMs });
      }
  };
  const open = (isClaimed: boolean, wasPaced: boolean): Permit => {
    const { epoch } = congestion;
    let isOpen = true;
    inFlight += 1;
    quota?.spend(clock.monotonic());
    const end = (learn?: (nowMs: number) => void) => {
      if (!isOpen) return;
      isOpen = false;
      learn?.(clock.monotonic());
      inFlight -= 1;
      pump();
    };
    return {
      accepted: () => end((now) => congestion.accepted(now, isBusy(), waiting() || wasPaced)),
      refused(waitMs, isReserved, toldMs = waitMs) {
        end((now) => {
          if (epoch === congestion.epoch) firstToldMs = toldMs;
          else if (toldMs > firstToldMs + SLOT_SPREAD_MS) hasSlots = true;
          if (isClaimed) hasSlots = false;
          congestion.refused(now, epoch, waitMs, isReserved ? (waiting() ? 'queued' : 'alone') : undefined);
          quiet(now + Math.min(LONGEST_QUIET_MS, waitMs), waitMs);
        });
      },
      release: () => end(),
    };
  };

  return {
    get ratePerSecond() {
      return congestion.rate;
    },
    get concurrency() {
      return congestion.concurrency;
    },
    get acceptedCount() {
      return congestion.delivered.count;
    },
    async acquire(request) {
      const { slot, signal, priority } = request;
      if (slot === 'promised' || (slot && hasSlots && !isBusy())) return open(true, false);
      const quietMs = quietUntil - clock.monotonic();
      if (quietMs > 0 && !signal.aborted && !request.isPatient(quietMs)) return { tooLongMs: quietMs };
      const granted = joinQueue(lines[priority] as Waiter<Permit | TooLong, PermitRequest>[], request, signal, pump);
      pump();
      return granted;
    },
    observe: (headers, isRefused) => quota?.observe(headers, inFlight - 1, isRefused, clock.monotonic()),
    deliveredPerSecond: () => congestion.delivered.perSecond(clock.monotonic()),
    restart(perSecond) {
      congestion.restart(clock.monotonic(), perSecond);
      pump();
    },
  };
}
