import type { Random } from '@openkupe/contract';

/** One request in virtual time. */
export interface VirtualRequest {
  readonly credential: string;
  readonly target: string;
  /** A list, or a create without a key. */
  readonly isCommon?: boolean;
}

/** What a limiter answers: `undefined` when it admits. */
export type VirtualAnswer = { readonly seconds: number; readonly isReserved: boolean } | undefined;

/** What became of the calls of one program. */
export interface Outcome {
  done: number;
  gaveUp: number;
  refused: number;
  /** Returns of requests whose slot was said to be reserved, at the time they were told or later. */
  kept: number;
  broken: number;
  lastMs: number;
  readonly waitsMs: number[];
}

/** How the calls of a program travel: attempts, how long one takes, and how late a client returns after its wait. */
export interface Manners {
  readonly attempts: number;
  readonly lateMs: number;
  readonly takesMs: number;
}

/** A world in virtual time with one limiter, and programs that send requests to it. */
export interface World {
  readonly random: Random;
  at(timeMs: number, act: () => void): void;
  nowMs(): number;
  /** Makes a call until it is done or given up, obeying every wait, and then goes on. */
  call(request: VirtualRequest, outcome: Outcome, onEnd?: () => void): void;
  ask(request: VirtualRequest): VirtualAnswer;
  run(untilMs: number): void;
}

/** An outcome of nothing yet. */
export const noOutcome = (): Outcome => ({ done: 0, gaveUp: 0, refused: 0, kept: 0, broken: 0, lastMs: 0, waitsMs: [] });

/** Programs as they come: every call obeys `Retry-After` exactly, five attempts. */
export const OBEDIENT: Manners = { attempts: 5, lateMs: 3, takesMs: 6 };

/** Creates a world that begins at 1234.567 ms. */
export function createWorld(
  random: Random,
  ask: (request: VirtualRequest, nowMs: number) => VirtualAnswer,
  manners: Manners = OBEDIENT,
): World {
  // A heap of events by time, then by order.
  const events: { timeMs: number; order: number; act: () => void }[] = [];
  let nowMs = 1234.567;
  let order = 0;
  const isSooner = (one: number, other: number) => {
    const [a, b] = [events[one], events[other]];
    return a !== undefined && b !== undefined && (a.timeMs - b.timeMs || a.order - b.order) < 0;
  };
  const swap = (one: number, other: number) => {
    [events[one], events[other]] = [events[other] as (typeof events)[0], events[one] as (typeof events)[0]];
  };
  const pop = () => {
    const first = events[0];
    const last = events.pop();
    if (events.length > 0 && last) events[0] = last;
    for (let at = 0; ; ) {
      const child = isSooner(2 * at + 2, 2 * at + 1) ? 2 * at + 2 : 2 * at + 1;
      if (!isSooner(child, at)) return first;
      swap(child, at);
      at = child;
    }
  };
  const world: World = {
    random,
    nowMs: () => nowMs,
    ask: (request) => ask(request, nowMs),
    at(timeMs, act) {
      events.push({ timeMs: Math.max(timeMs, nowMs), order, act });
      order += 1;
      for (let at = events.length - 1; at > 0 && isSooner(at, (at - 1) >> 1); at = (at - 1) >> 1) swap(at, (at - 1) >> 1);
    },
    call(request, outcome, onEnd = () => {}) {
      const beganMs = nowMs;
      const attempt = (number: number, wasReserved: boolean) => {
        const answer = ask(request, nowMs);
        if (wasReserved) outcome[answer ? 'broken' : 'kept'] += 1;
        if (!answer) {
          outcome.done += 1;
          outcome.waitsMs.push(nowMs - beganMs);
        } else {
          outcome.refused += 1;
          if (number < manners.attempts) {
            const returnsMs = nowMs + answer.seconds * 1000 + 0.5 + random.unit() * manners.lateMs;
            return world.at(returnsMs, () => attempt(number + 1, answer.isReserved));
          }
          outcome.gaveUp += 1;
        }
        outcome.lastMs = nowMs;
        world.at(nowMs + manners.takesMs * (0.5 + random.unit()), onEnd);
      };
      attempt(1, false);
    },
    run(untilMs) {
      while ((events[0]?.timeMs ?? Number.POSITIVE_INFINITY) <= untilMs) {
        const event = pop();
        nowMs = event?.timeMs ?? nowMs;
        event?.act();
      }
    },
  };
  return world;
}

/** A pool of workers that make calls, each the next one as soon as it is done with one. */
export function startPool(world: World, pool: { workers: number; calls: number; requestOf: (call: number) => VirtualRequest }): Outcome {
  const outcome = noOutcome();
  let next = 0;
  const work = () => {
    if (next >= pool.calls) return;
    next += 1;
    world.call(pool.requestOf(next - 1), outcome, work);
  };
  for (let worker = 0; worker < pool.workers; worker += 1) world.at(world.nowMs() + worker, work);
  return outcome;
}

/** Calls that begin at random within this time. */
export function startStorm(world: World, storm: { calls: number; spreadMs: number; requestOf: (call: number) => VirtualRequest }): Outcome {
  const outcome = noOutcome();
  for (let call = 0; call < storm.calls; call += 1) {
    world.at(world.nowMs() + world.random.unit() * storm.spreadMs, () => world.call(storm.requestOf(call), outcome));
  }
  return outcome;
}

/** Requests at a steady rate: calls that wait as told, or a flood that does not. */
export function startStream(
  world: World,
  stream: { perSecond: number; obeys: boolean; requestOf: (call: number) => VirtualRequest },
): Outcome {
  const outcome = noOutcome();
  let sent = 0;
  const send = () => {
    const request = stream.requestOf(sent);
    sent += 1;
    if (stream.obeys) world.call(request, outcome);
    else outcome[world.ask(request) ? 'refused' : 'done'] += 1;
    world.at(world.nowMs() + (1000 / stream.perSecond) * (0.5 + world.random.unit()), send);
  };
  world.at(world.nowMs(), send);
  return outcome;
}
