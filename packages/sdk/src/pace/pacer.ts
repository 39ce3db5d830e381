import type { Clock } from '@openkupe/contract/clock';
import { createTimer } from '../reschedulable-timer.ts';
import type { ResponseHeaders } from '../transport/transport.ts';
import { joinQueue, type Waiter } from '../wait-queue.ts';
import { createCongestion } from './congestion.ts';
import type { Quota } from './quota.ts';

/** The order of the wait queue: 0 calls that were sent before, 1 calls, 2 polling. */
export type Priority = 0 | 1 | 2;

/** The right to send one request now. One of its methods has to be called; the first call counts. */
export interface Permit {
  /** Answered with anything but 429: the limit has room. */
  accepted(): void;
  /**
   * 429: this request waits for `waitMs`, of which the server asked for `serverWaitMs`, and nothing else is sent for that long either, because
   * the limit is "per IP address". Only a request for which the server keeps a slot (`isReserved`) returns at its own time, and the rate does not fall.
   */
  refused(waitMs: number, isReserved: boolean, serverWaitMs?: number): void;
  /** No answer, or not sent after all: says nothing about the limit. */
  release(): void;
}

/** A call that asks for a permit. */
export interface PermitRequest {
  readonly priority: Priority;
  readonly signal: AbortSignal;
  /** Whether the caller accepts to wait for so long. */
  isPatient(quietMs: number): boolean;
  /** The server keeps a slot for this request, which returns at its own time, past the queue. */
  readonly hasReservedSlot?: boolean;
}

/** There will be no permit: the wait that the server asks for is longer than the caller accepts. */
export interface TooLong {
  readonly tooLongMs: number;
}

/** The wait of a request is longer than its Retry-After by chance, up to a tenth of it: ten times that is a chance from 0 to 1. */
const JITTER_SHARE = 10;
/** However long a server asks to wait, one request is sent after a day. */
const LONGEST_QUIET_MS = 86_400_000;

/**
 * The wait queue of all requests of one credential to one origin, first come, first served within a priority. A request is sent as
 * soon as nothing forbids it: the wait after a refusal ("Retry-After is the number of seconds to wait"), the learned rate, an announced
 * quota, the bound on the number in flight.
 */
export interface Pacer {
  /** Requests per second that may be sent now, `Infinity` while nothing limits them. */
  readonly ratePerSecond: number;
  readonly concurrency: number;
  /** How many were accepted so far; when it moves, the limit is letting us through. */
  readonly acceptedCount: number;
  /**
   * Waits for a permit, or returns `TooLong` at once when the caller does not accept the wait that the server asked for. Throws the
   * signal's reason when it aborts; the call is then out of the queue.
   */
  acquire(request: PermitRequest): Promise<Permit | TooLong>;
  /** Learns from the quota fields of an answer whose permit is not released yet; `isRefused` when it was a 429. */
  observe(headers: ResponseHeaders, isRefused: boolean): void;
  /** How many a second were lately accepted. */
  deliveredPerSecond(): number;
  /** After an outage, before which `perSecond` were accepted: starts below that and speeds up. */
  restart(perSecond: number): void;
}

/** Requests that wait for a permit, by their priority. */
type Queues = readonly Waiter<Permit | TooLong, PermitRequest>[][];

/** Takes the next waiter out, the `count`th of all: mostly by priority, and now and then the other way, so that none starves. */
function takeNext(queues: Queues, count: number): Queues[number][number] | undefined {
  const order = count % 8 === 0 ? [2, 1, 0] : count % 4 === 0 ? [1, 0, 2] : [0, 1, 2];
  return order
    .map((priority) => queues[priority])
    .find((queue) => queue?.length)
    ?.shift();
}

/** Those that do not accept to wait so long leave the queue. */
function endImpatient(queues: Queues, waitMs: number): void {
  for (const queue of queues)
    for (const waiter of queue.splice(0)) {
      if (waiter.isPatient(waitMs)) queue.push(waiter);
      else waiter.grant({ tooLongMs: waitMs });
    }
}

/** With a `quota` the fields that announce limits are kept to before the first refusal. */
export function createPacer(clock: Clock, quota?: Quota): Pacer {
  const congestion = createCongestion();
  const queues: Queues = [[], [], []];
  let grants = 0;
  let inFlight = 0;
  let quietUntil = 0;
  const isBusy = () => inFlight >= congestion.concurrency;

  /** Grants permits until something forbids the next one, and then sleeps exactly until it no longer does. */
  const pump = () => {
    const now = clock.monotonic();
    while (queues.some(({ length }) => length > 0) && !isBusy()) {
      const waitMs = quietUntil > now ? quietUntil - now : Math.max(congestion.waitMs(now), quota?.waitMs(now) ?? 0);
      if (waitMs > 0) return timer.set(now + waitMs);
      takeNext(queues, ++grants)?.grant(open());
    }
    timer.set(undefined);
  };
  const timer = createTimer(clock, pump);

  const open = (): Permit => {
    const { epoch } = congestion;
    inFlight += 1;
    congestion.spend(clock.monotonic());
    quota?.spend(clock.monotonic());
    let isOpen = true;
    const end = (learn?: (nowMs: number) => void) => {
      if (!isOpen) return;
      isOpen = false;
      learn?.(clock.monotonic());
      inFlight -= 1;
      pump();
    };
    return {
      accepted: () => end((now) => congestion.accepted(now, isBusy())),
      refused: (waitMs, isReserved, serverWaitMs = waitMs) =>
        end((now) => {
          const quietMs = Math.min(LONGEST_QUIET_MS, serverWaitMs);
          const jitter = Math.min(1, (JITTER_SHARE * (waitMs - serverWaitMs)) / Math.max(1, serverWaitMs));
          congestion.refused(now, epoch, quietMs, jitter, isReserved);
          if (now + quietMs <= quietUntil) return;
          quietUntil = now + quietMs;
          endImpatient(queues, quietMs);
        }),
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
      return congestion.acceptedCount;
    },
    async acquire(request) {
      const { signal, priority } = request;
      if (request.hasReservedSlot) return open();
      const quietMs = quietUntil - clock.monotonic();
      if (quietMs > 0 && !signal.aborted && !request.isPatient(quietMs)) return { tooLongMs: quietMs };
      const granted = joinQueue(queues[priority] as Queues[number], request, signal, pump);
      pump();
      return granted;
    },
    observe: (headers, isRefused) => quota?.observe(headers, inFlight - 1, isRefused, clock.monotonic()),
    deliveredPerSecond: () => congestion.acceptedPerSecond(clock.monotonic()),
    restart(perSecond) {
      congestion.restart(clock.monotonic(), perSecond);
      pump();
    },
  };
}
