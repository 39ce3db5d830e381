import type { Random } from '@openkupe/contract/random';
import { acceptNext, type Change, createLimiter, type Limit } from './limiters.ts';

/** One point of the grid: a limit, a network, and the programs that meet the limit. */
export interface Cell {
  readonly limit: Limit;
  readonly change?: Change;
  /** The time of a request and of its answer together, in milliseconds, from and to. */
  readonly roundTripMs: readonly [number, number];
  /** Clients that know nothing of each other: keys or processes behind one address. */
  readonly keys: number;
  readonly callsEach: number;
  /** How many calls a key has outstanding: a pool of workers that ask again when they are answered, or all of them in a storm. */
  readonly workersEach: number;
}

const between = (random: Random, least: number, most: number) => least + (most - least) * random.unit();
/** As likely from 2 to 4 as from 50 to 100. */
const scaled = (random: Random, least: number, most: number) => least * (most / least) ** random.unit();
const pick = <T>(random: Random, options: readonly T[]) => options[Math.floor(random.unit() * options.length)] as T;

const RATES = [2, 100] as const;
const BURSTS = [1, 100] as const;
const LATENCIES_MS = [1, 300] as const;
const LATENCY_SPREAD = 0.2;
const WINDOWS_S = [1, 10] as const;
const MOST_KEYS = 8;
const WORKERS = [4, 32] as const;
const FACTORS = [2, 5] as const;
/** A cell has as many calls as the limit accepts in so many seconds. */
const LASTS_S = [15, 30] as const;

function drawLimit(random: Random): Limit {
  const perSecond = scaled(random, ...RATES);
  const kind = pick(random, ['steady', 'steady', 'window', 'aligned', 'sliding'] as const);
  if (kind === 'steady') return { kind, perSecond, burst: Math.round(scaled(random, ...BURSTS)) };
  const [shortest, longest] = WINDOWS_S;
  const seconds = Math.round(scaled(random, shortest, Math.max(shortest, Math.min(longest, BURSTS[1] / perSecond))));
  const calls = Math.max(1, Math.round(perSecond * seconds));
  const windowMs = seconds * 1_000;
  if (kind === 'sliding') return { kind, calls, windowMs };
  return { kind: 'window', calls, windowMs, ...(kind === 'aligned' ? { phaseMs: -Math.round(windowMs * random.unit()) } : {}) };
}

/** How many calls a limit accepts in so long, when one always waits at its door. */
function acceptedWithin(limit: Limit, change: Change | undefined, lastsMs: number): number {
  const take = createLimiter(limit, change);
  let accepted = 0;
  for (let now = acceptNext(take, 0); now <= lastsMs; now = acceptNext(take, now)) accepted += 1;
  return accepted;
}

/** Draws a cell: rates, bursts, latencies and factors are as likely in every octave. */
export function drawCell(random: Random): Cell {
  const limit = drawLimit(random);
  const lastsMs = between(random, ...LASTS_S) * 1_000;
  const direction = pick(random, ['stays', 'stays', 'falls', 'rises'] as const);
  const factor = scaled(random, ...FACTORS);
  const atMs = lastsMs * between(random, 0.3, 0.6);
  const change = direction === 'stays' ? undefined : { atMs, factor: direction === 'rises' ? factor : 1 / factor };
  const roundTrip = scaled(random, ...LATENCIES_MS);
  const keys = pick(random, [1, Math.ceil(MOST_KEYS * (1 - random.unit()))]);
  const callsEach = Math.max(4, Math.ceil(acceptedWithin(limit, change, lastsMs) / keys));
  const workersEach = pick(random, [Math.min(callsEach, Math.round(scaled(random, ...WORKERS))), callsEach]);
  return {
    limit,
    ...(change ? { change } : {}),
    roundTripMs: [roundTrip * (1 - LATENCY_SPREAD), roundTrip * (1 + LATENCY_SPREAD)],
    keys,
    callsEach,
    workersEach,
  };
}

/**
 * When the last answer could arrive at the earliest: the same programs, the mean of the network's times, and a client that knows the
 * limiter and sends each request so that it arrives in the moment in which one more is accepted. It is found by running the limiter
 * itself, with every free worker asking at once; because no limiter here accepts less in total for having accepted sooner, no order of
 * sending ends earlier.
 */
export function idealMs({ limit, change, roundTripMs: [least, most], keys, callsEach, workersEach }: Cell): number {
  const oneWayMs = (least + most) / 4;
  const take = createLimiter(limit, change);
  const readyAt = new Array<number>(keys * workersEach).fill(0);
  let acceptedAt = 0;
  for (let call = 0; call < keys * callsEach; call++) {
    acceptedAt = acceptNext(take, Math.max(acceptedAt, (readyAt[call] as number) + oneWayMs));
    readyAt.push(acceptedAt + oneWayMs);
  }
  return acceptedAt + oneWayMs;
}

/** In a few words, for the tables. */
export function nameOfCell({ limit, change, roundTripMs: [least, most], keys, callsEach, workersEach }: Cell): string {
  const short = (value: number) => String(Number(value.toPrecision(3)));
  const kind = limit.kind === 'window' && limit.phaseMs !== undefined ? 'aligned window' : limit.kind;
  const size =
    limit.kind === 'steady' ? `${short(limit.perSecond)}/s burst ${limit.burst}` : `${limit.calls} per ${limit.windowMs / 1_000} s ${kind}`;
  const later = change ? `, × ${short(change.factor)} at ${short(change.atMs / 1_000)} s` : '';
  const load = workersEach === callsEach ? `storm of ${callsEach}` : `${workersEach} workers, ${callsEach} calls`;
  return `${size}${later}, ${short((least + most) / 2)} ms, ${keys} × ${load}`;
}
