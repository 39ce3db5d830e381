import type { Random } from '@openkupe/contract/random';
import { quantile } from '../harness/statistics.ts';
import type { Contestant } from './exchange.ts';
import { type Completion, drawLottery, fairness } from './fairness.ts';
import { createLimitedServer, type SharerCounts } from './limited-server.ts';
import { burstOf, idealAcceptances, type Limit, rateOf } from './limiters.ts';
import type { Measures, Subject, Trial } from './measure.ts';
import { elapsedMs, runVirtual, sleep } from './virtual-time.ts';

const LIST = '/api/v1/tenants/acme/clusters';
const LIMIT_MS = 3_600_000;
export const USUAL_ROUND_TRIP_MS = [40, 60] as const;

/** Clients that meet an unknown limit, with all their calls at once. */
export interface Storm {
  readonly sharers: number;
  readonly callsEach: number;
  readonly limit: Limit;
  readonly retryAfter: 'next-token' | 'reservation';
  readonly hasFields: boolean;
  readonly roundTripMs: readonly [number, number];
  /** The sharers begin one after the other, evenly within this time. */
  readonly joinOverMs: number;
}

/** Who the sharers are: the first half of them and the second half when two kinds meet. */
export type Field = readonly [Contestant] | readonly [Contestant, Contestant];

function joinTimes({ sharers, joinOverMs }: Storm): number[] {
  return Array.from({ length: sharers }, (_, sharer) => (sharers > 1 ? Math.round((joinOverMs * sharer) / (sharers - 1)) : 0));
}

function idealOf(storm: Storm): { joinedAtMs: number[]; acceptancesMs: number[]; idealMs: number } {
  const joinedAtMs = joinTimes(storm);
  const arrivals = joinedAtMs.flatMap((atMs) => new Array<number>(storm.callsEach).fill(atMs));
  const acceptancesMs = idealAcceptances(storm.limit, arrivals);
  return { joinedAtMs, acceptancesMs, idealMs: acceptancesMs.at(-1) ?? 0 };
}

interface Played {
  readonly completions: readonly Completion[];
  readonly tookMs: readonly number[];
  readonly counts: readonly SharerCounts[];
}

async function play(field: Field, storm: Storm, joinedAtMs: readonly number[], seed: number, random: Random): Promise<Played> {
  const { sharers, callsEach, limit } = storm;
  const server = createLimitedServer({ ...storm, random });
  const startedAt = elapsedMs();
  const completions: Completion[] = [];
  const tookMs: number[] = [];
  const known = { perSecond: rateOf(limit), burst: burstOf(limit), sharers };
  const connections = joinedAtMs.map(() => server.connect());
  const join = async (sharer: number) => {
    const joinedAt = joinedAtMs[sharer] ?? 0;
    if (joinedAt > 0) await sleep(joinedAt);
    const contestant = field[Math.floor((sharer * field.length) / sharers)] as Contestant;
    const client = contestant.create((connections[sharer] as (typeof connections)[number]).send, seed * 1_000 + sharer, known);
    const call = async () => {
      try {
        await client({ method: 'GET', path: LIST });
        const atMs = elapsedMs() - startedAt;
        completions.push({ sharer, atMs });
        tookMs.push(atMs - joinedAt);
      } catch {
        // NOTE: counted by its absence from the completions.
      }
    };
    await Promise.all(Array.from({ length: callsEach }, call));
  };
  await runVirtual(() => Promise.all(joinedAtMs.map((_, sharer) => join(sharer))), LIMIT_MS);
  return { completions, tookMs, counts: connections.map(({ counts }) => counts) };
}

/** What became of one half of the sharers, when two kinds meet. */
function ofHalf(name: string, isIn: (sharer: number) => boolean, { completions, counts }: Played, storm: Storm, halfMs: number): Measures {
  const calls = (storm.sharers / 2) * storm.callsEach;
  const own = completions.filter(({ sharer }) => isIn(sharer));
  const early = completions.filter(({ atMs }) => atMs <= halfMs);
  const refused = counts.reduce((sum, count, sharer) => sum + (isIn(sharer) ? count.refused : 0), 0);
  return {
    [`${name} done %`]: (100 * own.length) / calls,
    [`${name} share at half time %`]: (100 * early.filter(({ sharer }) => isIn(sharer)).length) / Math.max(1, early.length),
    [`${name} last success s`]: Math.max(0, ...own.map(({ atMs }) => atMs)) / 1_000,
    [`${name} 429/call`]: refused / calls,
  };
}

async function once(field: Field, storm: Storm, seed: number, random: Random): Promise<Measures> {
  const { sharers, callsEach } = storm;
  const { joinedAtMs, idealMs } = idealOf(storm);
  const played = await play(field, storm, joinedAtMs, seed, random);
  const { completions, tookMs, counts } = played;
  const calls = sharers * callsEach;
  const finishedAt = completions.length === calls ? Math.max(...completions.map(({ atMs }) => atMs)) : Number.POSITIVE_INFINITY;
  const isFirst = (sharer: number) => sharer < sharers / 2;
  return {
    'done %': (100 * completions.length) / calls,
    'finish/ideal': finishedAt / idealMs,
    '429/call': counts.reduce((sum, { refused }) => sum + refused, 0) / calls,
    ...(sharers > 1 ? fairness(completions, joinedAtMs, idealMs / 2) : {}),
    'p50 s': quantile(tookMs, 0.5) / 1_000,
    'p99 s': quantile(tookMs, 0.99) / 1_000,
    ...(field.length === 2
      ? {
          ...ofHalf('ours', isFirst, played, storm, idealMs / 2),
          ...ofHalf('theirs', (sharer) => !isFirst(sharer), played, storm, idealMs / 2),
        }
      : {}),
  };
}

/** A trial in which this field meets this storm. */
export function stormTrial(subject: Subject, field: Field, storm: Storm): Trial {
  return { ...subject, once: (seed, random) => once(field, storm, seed, random) };
}

/** The same storm as a perfectly fair lottery would serve it, to measure the measures with. */
export function lotteryTrial(subject: Omit<Subject, 'client'>, storm: Storm): Trial {
  return {
    ...subject,
    client: 'a fair lottery',
    async once(_seed, random) {
      const { joinedAtMs, acceptancesMs, idealMs } = idealOf(storm);
      const completions = drawLottery(acceptancesMs, joinedAtMs, storm.callsEach, random);
      return { 'done %': 100, 'finish/ideal': 1, '429/call': 0, ...fairness(completions, joinedAtMs, idealMs / 2) };
    },
  };
}
