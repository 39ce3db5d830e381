import type { Dice } from './dice.ts';

/** Which faults a world has and how often: probabilities, and mean times between faults in milliseconds. */
export interface Weather {
  /** Servers on one store: one on the embedded store, or several on a shared one. */
  readonly replicas: number;
  /** Longest delay of a message between client and server, of a call of the store and of one of the engine. */
  readonly networkMs: number;
  readonly storeMs: number;
  readonly engineMs: number;
  readonly lostRequest: number;
  readonly lostAnswer: number;
  /** A proxy sends a request that may arrive twice once more. */
  readonly duplicate: number;
  /** A message takes up to half a minute. */
  readonly straggler: number;
  /** A connection to the shared store breaks: the call did not happen, or its answer is lost. */
  readonly storeFailure: number;
  readonly lostNotice: number;
  /** One process at a time works on what is due, as on PostgreSQL; otherwise all do, which leases and fences have to bear. */
  readonly hasTerms: boolean;
  /** The session that holds the term breaks. */
  readonly lostTerm: number;
  readonly engineFailure: number;
  readonly crashEveryMs: number;
  readonly pauseEveryMs: number;
  readonly stopEveryMs: number;
  readonly clockJumpEveryMs: number;
  /** Longest time between two operations of a client. */
  readonly thinkMs: number;
  /** Requests a second of one address, after a burst of as many. */
  readonly ratePerSecond: number;
}

/**
 * The weather of one seed. Each kind of fault is switched off in half of the seeds, because a fault that is always there hides what only happens
 * without it (swarm testing, Groce et al. 2012).
 */
export function drawWeather(dice: Dice): Weather {
  const maybe = (most: number) => (dice.chance(0.5) ? dice.unit() * most : 0);
  const every = (leastMs: number, mostMs: number) => (dice.chance(0.6) ? dice.between(leastMs, mostMs) : Number.POSITIVE_INFINITY);
  return {
    replicas: dice.pick([1, 2, 2, 3]),
    networkMs: dice.pick([2, 50, 500]),
    storeMs: dice.pick([0, 5, 300]),
    engineMs: dice.pick([1, 500, 2_000]),
    lostRequest: maybe(0.1),
    lostAnswer: maybe(0.1),
    duplicate: maybe(0.1),
    straggler: maybe(0.02),
    storeFailure: maybe(0.03),
    lostNotice: maybe(0.5),
    hasTerms: dice.chance(0.5),
    lostTerm: maybe(1),
    engineFailure: maybe(0.2),
    crashEveryMs: every(20_000, 300_000),
    pauseEveryMs: every(10_000, 90_000),
    stopEveryMs: every(30_000, 600_000),
    clockJumpEveryMs: every(60_000, 600_000),
    thinkMs: dice.pick([2_000, 8_000, 60_000]),
    ratePerSecond: dice.pick([2, 100, 100]),
  };
}

/** The weather when the faults stop: everything arrives, and nothing crashes. */
export function calm(weather: Weather): Weather {
  const none = { lostRequest: 0, lostAnswer: 0, duplicate: 0, straggler: 0, storeFailure: 0, lostNotice: 0, lostTerm: 0, engineFailure: 0 };
  const never = Number.POSITIVE_INFINITY;
  return { ...weather, ...none, crashEveryMs: never, pauseEveryMs: never, stopEveryMs: never, clockJumpEveryMs: never };
}
