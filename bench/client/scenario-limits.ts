import type { Contestant } from './exchange.ts';
import { createLimitedServer } from './limited-server.ts';
import { jain, overSeeds, type Row } from './measure.ts';
import { elapsedMs, runVirtual } from './virtual-time.ts';

const LIST = '/api/v1/tenants/acme/clusters';
const LIMIT_MS = 3_600_000;

interface Storm {
  readonly scenario: 'A' | 'B';
  readonly sharers: number;
  readonly callsEach: number;
  readonly perSecond: number;
  readonly burst: number;
  readonly retryAfter: 'next-token' | 'reservation';
  readonly hasFields: boolean;
}

async function once(contestant: Contestant, storm: Storm, seed: number, random: Parameters<Parameters<typeof overSeeds>[1]>[1]) {
  const { sharers, callsEach, perSecond, burst } = storm;
  const server = createLimitedServer({ ...storm, random });
  const startedAt = elapsedMs();
  const calls = sharers * callsEach;
  const idealMs = ((calls - burst) / perSecond) * 1_000;
  const done = new Array<number>(sharers).fill(0);
  const finishedAt = new Array<number>(sharers).fill(0);
  let atHalf: number[] | undefined;
  setTimeout(() => {
    atHalf = [...done];
  }, idealMs / 2);
  const one = async (sharer: number, client: ReturnType<Contestant['create']>) => {
    try {
      await client({ method: 'GET', path: LIST });
      done[sharer] = (done[sharer] ?? 0) + 1;
      finishedAt[sharer] = elapsedMs() - startedAt;
    } catch {
      // NOTE: counted by its absence from `done`.
    }
  };
  await runVirtual(
    () =>
      Promise.all(
        done.map((_, sharer) => {
          const client = contestant.create(server.send, seed * 1_000 + sharer, { perSecond, burst, sharers });
          return Promise.all(Array.from({ length: callsEach }, () => one(sharer, client)));
        }),
      ),
    LIMIT_MS,
  );
  const succeeded = done.reduce((sum, count) => sum + count, 0);
  return {
    'done %': (100 * succeeded) / calls,
    'finish/ideal': succeeded === calls ? Math.max(...finishedAt) / idealMs : Number.POSITIVE_INFINITY,
    '429/call': server.counts.refused / calls,
    ...(sharers > 1
      ? { Jain: jain(atHalf ?? done), 'slowest/fastest': Math.max(...finishedAt) / Math.max(1, Math.min(...finishedAt)) }
      : {}),
  };
}

const STORMS: readonly (Omit<Storm, 'retryAfter' | 'hasFields'> & { readonly isLarge?: boolean })[] = [
  { scenario: 'A', sharers: 1, callsEach: 300, perSecond: 10, burst: 10 },
  { scenario: 'A', sharers: 1, callsEach: 3_000, perSecond: 100, burst: 100, isLarge: true },
  { scenario: 'A', sharers: 1, callsEach: 300, perSecond: 20, burst: 100 },
  { scenario: 'B', sharers: 8, callsEach: 40, perSecond: 10, burst: 10 },
  { scenario: 'B', sharers: 32, callsEach: 40, perSecond: 40, burst: 40, isLarge: true },
];

/** A: one client meets an unknown limit with everything at once. B: several clients share one. Both kinds of `Retry-After`. */
export async function limits(contestants: readonly Contestant[], ours: Contestant, seeds: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { isLarge = false, ...storm } of STORMS)
    for (const retryAfter of ['next-token', 'reservation'] as const)
      for (const hasFields of [false, true]) {
        const field = hasFields ? [ours] : [ours, ...contestants];
        for (const contestant of field) {
          const circumstances = `${storm.sharers} × ${storm.callsEach} calls, ${storm.perSecond}/s burst ${storm.burst}, ${retryAfter}${hasFields ? ', fields' : ''}`;
          const runs = isLarge && contestant !== ours ? Math.min(seeds, 3) : seeds;
          const full: Storm = { ...storm, retryAfter, hasFields };
          rows.push(
            await overSeeds({ scenario: storm.scenario, circumstances, client: contestant.name, seeds: runs }, (seed, random) =>
              once(contestant, full, seed, random),
            ),
          );
        }
      }
  return rows;
}
