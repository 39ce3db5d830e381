import type { Contestant } from './exchange.ts';
import { burstOf, type Limit, rateOf } from './limiters.ts';
import type { Trial } from './measure.ts';
import { lotteryTrial, type Storm, stormTrial, USUAL_ROUND_TRIP_MS } from './storm.ts';

interface Size {
  readonly scenario: 'A' | 'B';
  readonly sharers: number;
  readonly callsEach: number;
  readonly perSecond: number;
  readonly burst: number;
  readonly isCostly?: boolean;
}

const SIZES: readonly Size[] = [
  { scenario: 'A', sharers: 1, callsEach: 300, perSecond: 10, burst: 10 },
  { scenario: 'A', sharers: 1, callsEach: 3_000, perSecond: 100, burst: 100, isCostly: true },
  { scenario: 'A', sharers: 1, callsEach: 300, perSecond: 20, burst: 100 },
  { scenario: 'B', sharers: 8, callsEach: 40, perSecond: 10, burst: 10 },
  { scenario: 'B', sharers: 32, callsEach: 40, perSecond: 40, burst: 40, isCostly: true },
];
const KINDS = ['next-token', 'reservation'] as const;
/** The pacer's constants were chosen with seeds below this. */
const UNSEEN_SEEDS_FROM = 101;

/** What a storm is called in the tables. */
export function nameOf(storm: Pick<Storm, 'sharers' | 'callsEach' | 'retryAfter' | 'hasFields'>, limit: Limit): string {
  const size = `${storm.sharers} × ${storm.callsEach} calls`;
  const announced = storm.hasFields ? ', fields' : '';
  if (limit.kind === 'window') return `${size}, ${limit.calls} per ${limit.windowMs / 1_000} s window${announced}`;
  return `${size}, ${rateOf(limit)}/s burst ${burstOf(limit)}, ${storm.retryAfter}${announced}`;
}

/**
 * A: one client meets an unknown limit with everything at once. B: several clients share one. Both kinds of `Retry-After`. The
 * constants of our pacer were chosen on these, so ours runs with seeds that were never used for it, too.
 */
export function limitTrials(ours: Contestant, others: readonly Contestant[]): Trial[] {
  const trials: Trial[] = [];
  for (const { scenario, perSecond, burst, isCostly = false, ...size } of SIZES)
    for (const retryAfter of KINDS)
      for (const hasFields of [false, true]) {
        const limit: Limit = { kind: 'steady', perSecond, burst };
        const storm: Storm = { ...size, limit, retryAfter, hasFields, roundTripMs: USUAL_ROUND_TRIP_MS, joinOverMs: 0 };
        const subject = { group: 'limits', scenario, circumstances: nameOf(storm, limit), isCostly };
        for (const contestant of hasFields ? [ours] : [ours, ...others])
          trials.push(stormTrial({ ...subject, client: contestant.name }, [contestant], storm));
        trials.push(stormTrial({ ...subject, client: ours.name, seedsFrom: UNSEEN_SEEDS_FROM }, [ours], storm));
        if (size.sharers > 1 && !hasFields) trials.push(lotteryTrial(subject, storm));
      }
  return trials;
}
