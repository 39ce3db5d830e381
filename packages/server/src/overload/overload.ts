import type { Clock } from '@openkupe/contract';

/** Priorities, from what is refused last to what is refused first when the process has more to do than it can. */
const PRIORITIES = ['read', 'write', 'list', 'repeated-list'] as const;
/** What a request is worth when not everything can be done. */
export type Priority = (typeof PRIORITIES)[number];

/**
 * Requests that may run at the same time. By Little's law 256 requests of 2 ms wait for half a second. A burst that the address limit allows
 * by default is below every share of it.
 */
const MOST_RUNNING = 256;
/** The share of them that may run when a request of this priority is begun. */
const SHARE: Readonly<Record<Priority, number>> = { read: 1, write: 0.9, list: 0.75, 'repeated-list': 0.5 };

/** The longest `Retry-After` of a 503. */
const LONGEST_WAIT_MS = 30_000;
/** A caller that set itself a deadline and missed it may set the next one at once. */
const AFTER_DEADLINE_MS = 1_000;

/** A request for a permit. */
export interface OverloadRequest {
  readonly priority: Priority;
  /** The caller has stopped waiting already. */
  readonly hasExpired?: boolean;
}

/** A 503: nothing was executed. */
export interface OverloadRefusal {
  readonly isAdmitted: false;
  readonly reason: 'overload' | 'deadline';
  readonly retryAfterMs: number;
}

/** The right to run, which is given back by disposing of it once the answer is decided. */
export interface Permit extends Disposable {
  readonly isAdmitted: true;
  /** Gives the permit back for as long as the client is waited for. */
  suspend(): void;
  /** Asks for it again, which can be refused as at first; `hasExpired` as in the request. */
  resume(hasExpired: boolean): OverloadRefusal | undefined;
}

/** Refuses early what the process could not answer in time. */
export interface Overload {
  /** Requests that run now. */
  readonly running: number;
  /** Requests that may run at the same time. */
  readonly mostRunning: number;
  readonly counters: { admitted: number; refused: number; expired: number };
  /** Call it before any work is done for the request. */
  admit(request: OverloadRequest): Permit | OverloadRefusal;
}

/** What {@link createOverload} needs. */
export interface OverloadDependencies {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly mostRunning?: number;
}

/**
 * How many requests run, and how many finish per millisecond while any does. Idle time is left out, because it says nothing about the speed
 * of the process.
 */
interface Throughput {
  readonly running: number;
  readonly perMs: number;
  /** Notes at `nowMs` that a request begins to run. */
  begin(nowMs: number): void;
  /** Notes that one stops running: `isFinished` is false for one that only waits for its client. */
  end(nowMs: number, isFinished: boolean): void;
}

/** A measurement covers this much busy time. */
const WINDOW_MS = 250;
const WEIGHT_OF_NEWEST = 0.5;
/** Before anything was measured. */
const FIRST_GUESS_PER_MS = 0.1;

/** Makes a {@link Throughput} of which nothing is measured yet. */
export function createThroughput(): Throughput {
  let running = 0;
  let perMs = FIRST_GUESS_PER_MS;
  let finished = 0;
  let busyMs = 0;
  let sinceMs = 0;

  const passTime = (nowMs: number) => {
    if (running > 0) busyMs += nowMs - sinceMs;
    sinceMs = nowMs;
  };

  return {
    get running() {
      return running;
    },
    get perMs() {
      return perMs;
    },
    begin(nowMs) {
      passTime(nowMs);
      running += 1;
    },
    end(nowMs, isFinished) {
      passTime(nowMs);
      running -= 1;
      if (isFinished) finished += 1;
      if (busyMs < WINDOW_MS) return;
      perMs += WEIGHT_OF_NEWEST * (finished / busyMs - perMs);
      busyMs = 0;
      finished = 0;
    },
  };
}

/**
 * A fixed cap by priority on what runs at the same time. It also bounds the turns of the event loop, because what one turn begins is begun
 * together (`http/round-robin.ts`) and counts before any of it is done.
 */
export function createOverload({ clock, mostRunning = MOST_RUNNING }: OverloadDependencies): Overload {
  const throughput = createThroughput();
  const counters = { admitted: 0, refused: 0, expired: 0 };
  /** When the caller that was refused last may come back. */
  let returnMs = 0;

  /** Spaces the returns of refused callers as wide as requests finish, so that they do not all come back in one second. */
  const refuse = (nowMs: number): OverloadRefusal => {
    counters.refused += 1;
    returnMs = Math.min(Math.max(returnMs, nowMs) + 1 / throughput.perMs, nowMs + LONGEST_WAIT_MS);
    return { isAdmitted: false, reason: 'overload', retryAfterMs: returnMs - nowMs };
  };
  const refusalOf = ({ priority, hasExpired }: OverloadRequest, nowMs: number): OverloadRefusal | undefined => {
    if (hasExpired) {
      counters.expired += 1;
      return { isAdmitted: false, reason: 'deadline', retryAfterMs: AFTER_DEADLINE_MS };
    }
    return throughput.running < mostRunning * SHARE[priority] ? undefined : refuse(nowMs);
  };
  const begin = (priority: Priority, nowMs: number): Permit => {
    let isRunning = true;
    const stop = (isFinished: boolean) => {
      if (isRunning) throughput.end(clock.monotonic(), isFinished);
      isRunning = false;
    };
    throughput.begin(nowMs);
    return {
      isAdmitted: true,
      suspend: () => stop(false),
      resume(hasExpired) {
        const resumedMs = clock.monotonic();
        const refusal = refusalOf({ priority, hasExpired }, resumedMs);
        if (refusal) return refusal;
        isRunning = true;
        throughput.begin(resumedMs);
        return undefined;
      },
      [Symbol.dispose]: () => stop(true),
    };
  };

  return {
    mostRunning,
    counters,
    get running() {
      return throughput.running;
    },
    admit(request) {
      const nowMs = clock.monotonic();
      const refusal = refusalOf(request, nowMs);
      if (refusal) return refusal;
      counters.admitted += 1;
      return begin(request.priority, nowMs);
    },
  };
}

/** What a request is worth when not everything can be done: `isRepeated`, a repeated attempt, yields to a first one. */
export function priorityOf(request: { method: string; isList: boolean; isRepeated: boolean }): Priority {
  const first = request.isList ? 2 : request.method === 'GET' || request.method === 'HEAD' ? 0 : 1;
  return PRIORITIES[request.isRepeated ? first + 1 : first] ?? 'repeated-list';
}
