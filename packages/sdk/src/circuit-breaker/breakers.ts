import type { Clock } from '@openkupe/contract/clock';
import type { Random } from '@openkupe/contract/random';
import { type CircuitBreaker, createCircuitBreaker, type Probe, type WaitingCall } from './circuit-breaker.ts';

/** What an attempt says about the health of what it was sent to. */
export type Health =
  /** Any answer but a 5xx. */
  | 'healthy'
  /** A 5xx, or no answer: evidence about this resource only. */
  | 'failing'
  /** Certain that nothing could be sent: evidence about the whole origin. */
  | 'unreachable';

/** Failures in a row, without a success between them, that trip a breaker. */
const FAILURES = 5;
/** Distinct resources, of distinct routes, that have to fail before the origin's breaker trips: a 503 may only mean "this cluster is not ready". */
const DISTINCT_PATHS = 3;
const DISTINCT_ROUTES = 2;
const MOST_BREAKERS = 1_000;
/** After the origin's breaker closes, requests restart at no less than this rate, per second, however few there were before. */
const LEAST_PER_SECOND = 2;

/** The pacer, as far as a breaker needs it: its rate is read at the first failure, and restarted when the origin's breaker closes. */
export interface Traffic {
  /** Requests accepted per second lately. */
  deliveredPerSecond(): number;
  /** Begins again below `perSecond` requests per second. */
  restart(perSecond: number): void;
}

/** What a call is sent to: its route in the contract and its path. */
export interface Target {
  readonly route: string;
  readonly path: string;
}

/** How a call waits for an open breaker. */
export interface Admission extends WaitingCall {
  readonly signal: AbortSignal;
  /** Whether it is not to wait at all. */
  readonly isFailingFast: boolean;
  /** Called when it begins to wait: for `probeInMs` milliseconds until the next probe, as one of `waitingCalls`. */
  onWait(probeInMs: number, waitingCalls: number): void;
}

/**
 * A circuit breaker per resource, and one for the origin that trips only on evidence about several resources or on connections that
 * cannot be made.
 */
export interface Breakers {
  /** Whether a breaker keeps a call from being sent now. */
  isOpenFor(target: Target): boolean;
  /**
   * Waits while a breaker is open for the call. Returns the role of the probe if the call has it, `undefined` when the breakers are closed,
   * and in how many milliseconds the next probe is due if it does not wait. While the origin's breaker is open, a call whose own resource has not
   * failed is a probe at once, one at a time, so that a few clusters that are not ready delay no call that would be answered. Throws the
   * signal's reason when it aborts.
   */
  admit(target: Target, admission: Admission): Promise<Probe | { readonly openForMs: number } | undefined>;
  /** Takes in how an attempt went that was sent at `sentAt`, in milliseconds on the monotonic clock. */
  report(target: Target, health: Health, sentAt: number): void;
}

/** {@link Breakers}, all of them closed. Holds at most 1,000 closed breakers of resources. */
export function createBreakers(clock: Clock, random: Random, traffic: Traffic): Breakers {
  const resources = new Map<string, CircuitBreaker>();
  const origin = createCircuitBreaker(clock, random);
  /** The resources that failed since the last success, with their routes. */
  const failing = new Map<string, string>();
  let healthyPerSecond = 0;
  let failures = 0;
  let unreachableInARow = 0;
  let lastHealthyAt = Number.NEGATIVE_INFINITY;

  const healthy = (path: string) => {
    lastHealthyAt = clock.monotonic();
    if (failures === 0 && resources.size === 0) return;
    const wasOpen = origin.isOpen;
    failures = 0;
    unreachableInARow = 0;
    failing.clear();
    if (wasOpen) traffic.restart(Math.max(LEAST_PER_SECOND, healthyPerSecond));
    origin.reset();
    for (const [key, breaker] of wasOpen ? [...resources] : [[path, resources.get(path)] as const]) {
      resources.delete(key);
      breaker?.reset();
    }
  };
  const breakerOf = (path: string) => {
    const breaker = resources.get(path) ?? createCircuitBreaker(clock, random);
    resources.set(path, breaker);
    for (const [key, other] of resources) {
      if (resources.size <= MOST_BREAKERS) break;
      if (!other.isOpen) resources.delete(key);
    }
    return breaker;
  };

  /** The origin's breaker first. */
  const openFor = ({ path }: Target) =>
    failures === 0 && resources.size === 0 ? undefined : [origin, resources.get(path)].find((breaker) => breaker?.isOpen);

  return {
    isOpenFor: (target) => openFor(target) !== undefined,
    async admit(target, { signal, isFailingFast, onWait, ...call }) {
      for (let breaker = openFor(target); breaker; breaker = openFor(target)) {
        const isUrgent = breaker === origin && unreachableInARow === 0 && !failing.has(target.path);
        const probe = breaker.tryProbe(isUrgent);
        if (probe) return probe;
        const probeInMs = Math.max(0, breaker.probeAt - clock.monotonic());
        if (isFailingFast) return { openForMs: probeInMs };
        onWait(probeInMs, breaker.waitingCount + 1);
        const granted = await breaker.wait(call, signal);
        if (granted) return granted;
      }
      return undefined;
    },
    report({ route, path }, health, sentAt) {
      if (health === 'healthy') return healthy(path);
      if (sentAt < lastHealthyAt && health === 'unreachable') return;
      const own = breakerOf(path);
      own.failures += 1;
      if (own.failures >= FAILURES) own.trip();
      if (failures === 0) healthyPerSecond = traffic.deliveredPerSecond();
      failures += 1;
      unreachableInARow = health === 'unreachable' ? unreachableInARow + 1 : 0;
      if (failing.size < MOST_BREAKERS) failing.set(path, route);
      const isWide = failures >= FAILURES && failing.size >= DISTINCT_PATHS && new Set(failing.values()).size >= DISTINCT_ROUTES;
      if (isWide || unreachableInARow >= FAILURES) origin.trip();
    },
  };
}
