import type { Contestant } from './exchange.ts';
import type { Limit } from './limiters.ts';
import type { Trial } from './measure.ts';
import { nameOf } from './scenario-limits.ts';
import { type Field, lotteryTrial, type Storm, stormTrial, USUAL_ROUND_TRIP_MS } from './storm.ts';

interface Setting {
  readonly scenario: 'A′' | 'B′';
  readonly sharers: number;
  readonly callsEach: number;
  readonly limit: Limit;
  readonly roundTripMs?: readonly [number, number];
  readonly joinOverMs?: number;
}

const steady = (perSecond: number, burst: number): Limit => ({ kind: 'steady', perSecond, burst });
const window: Limit = { kind: 'window', calls: 100, windowMs: 10_000 };
const NEAR = [5, 15] as const;
const FAR = [150, 250] as const;

const SETTINGS: readonly Setting[] = [
  ...[NEAR, FAR].flatMap((roundTripMs): Setting[] => [
    { scenario: 'A′', sharers: 1, callsEach: 500, limit: steady(7, 14), roundTripMs },
    { scenario: 'A′', sharers: 1, callsEach: 200, limit: steady(3, 5), roundTripMs },
  ]),
  { scenario: 'A′', sharers: 1, callsEach: 500, limit: window },
  { scenario: 'B′', sharers: 5, callsEach: 60, limit: steady(8, 16) },
  { scenario: 'B′', sharers: 12, callsEach: 30, limit: steady(25, 25) },
  { scenario: 'B′', sharers: 8, callsEach: 40, limit: steady(10, 10), joinOverMs: 10_000 },
  { scenario: 'B′', sharers: 5, callsEach: 100, limit: window },
];

/** Whom ours shares a limit with, half and half. */
const NEIGHBOURS = ['aws adaptive', 'page rule'];
const MIXED: Setting = { scenario: 'B′', sharers: 8, callsEach: 40, limit: steady(10, 10) };

function stormsOf({ limit, roundTripMs = USUAL_ROUND_TRIP_MS, joinOverMs = 0, ...size }: Setting): { name: string; storm: Storm }[] {
  const kinds = limit.kind === 'steady' ? (['next-token', 'reservation'] as const) : (['next-token'] as const);
  return kinds.flatMap((retryAfter) =>
    [false, true].map((hasFields) => {
      const storm: Storm = { ...size, limit, retryAfter, hasFields, roundTripMs, joinOverMs };
      const distance = roundTripMs === USUAL_ROUND_TRIP_MS ? '' : `, ${roundTripMs.join('–')} ms away`;
      const joined = joinOverMs > 0 ? `, joining over ${joinOverMs / 1_000} s` : '';
      return { name: `${nameOf(storm, limit)}${distance}${joined}`, storm };
    }),
  );
}

/** A′ and B′: storms on which no constant was chosen. What they show is reported beside the targets and is none. */
export function holdOutTrials(ours: Contestant, others: readonly Contestant[]): Trial[] {
  const alike = SETTINGS.flatMap((setting) =>
    stormsOf(setting).flatMap(({ name, storm }) => {
      const subject = { group: 'hold-out', scenario: setting.scenario, circumstances: name };
      const field = storm.hasFields ? [ours] : [ours, ...others];
      const trials = field.map((contestant) => stormTrial({ ...subject, client: contestant.name }, [contestant], storm));
      return storm.sharers > 1 && !storm.hasFields ? [...trials, lotteryTrial(subject, storm)] : trials;
    }),
  );
  const mixed = NEIGHBOURS.flatMap((neighbour) =>
    stormsOf(MIXED).map(({ name, storm }) => {
      const fields: Field = [ours, others.find((other) => other.name === neighbour) as Contestant];
      const client = fields.map((contestant) => `4 ${contestant.name}`).join(' + ');
      return stormTrial({ group: 'hold-out', scenario: 'B′', circumstances: `mixed, ${name}`, client }, fields, storm);
    }),
  );
  return [...alike, ...mixed];
}
