import type { Random } from '@openkupe/contract/random';
import { quantile } from '../harness/statistics.ts';
import type { Contestant } from './exchange.ts';
import type { Measures, Trial } from './measure.ts';
import { type Fate, PATHS, peakPerSecond, runOpenLoop } from './open-loop.ts';

const LASTS_MS = 90_000;
const DEADLINE_MS = 60_000;
/** A call to a healthy resource that fails, or takes longer than this, was harmed by the sick one. */
const HARMED_MS = 1_000;
const SICK = PATHS[5] as string;

interface Trouble {
  readonly name: string;
  readonly hits: (path: string) => boolean;
  readonly fate: Fate | undefined;
}

const everything = () => true;
const TROUBLES: readonly Trouble[] = [
  { name: '30 s of 503', hits: everything, fate: undefined },
  { name: '30 s of refused connections', hits: everything, fate: 'refused' },
  { name: 'one sick resource for 30 s', hits: (path) => path === SICK, fate: undefined },
];
const BEGINS_MS = 10_000;
const ENDS_MS = 40_000;
const during = (atMs: number) => atMs >= BEGINS_MS && atMs < ENDS_MS;

async function once(contestant: Contestant, { hits, fate }: Trouble, seed: number, random: Random): Promise<Measures> {
  const isIn = (path: string, atMs: number) => hits(path) && during(atMs);
  const { sent, calls } = await runOpenLoop(contestant, {
    seed,
    random,
    lastsMs: LASTS_MS,
    fate: (path, atMs) => (isIn(path, atMs) && fate) || { afterMs: 40 + 20 * random.unit(), isOk: !isIn(path, atMs) },
  });
  const took = calls.flatMap(({ tookMs }) => tookMs ?? []);
  const callsDuring = calls.filter(({ path, startedAtMs }) => isIn(path, startedAtMs)).length;
  const isHarmed = (path: string, tookMs: number | undefined) => !hits(path) && (tookMs === undefined || tookMs > HARMED_MS);
  return {
    'success in 60 s %': (100 * took.filter((ms) => ms <= DEADLINE_MS).length) / calls.length,
    'added load ×': sent.length / calls.length - 1,
    'sent/call in trouble': sent.filter(({ atMs, path }) => isIn(path, atMs)).length / callsDuring,
    'peak/s in trouble': peakPerSecond(sent, BEGINS_MS + 2_000, ENDS_MS),
    'peak/s in 5 s after': peakPerSecond(sent, ENDS_MS, ENDS_MS + 5_000),
    'p99 of successes s': quantile(took, 0.99) / 1_000,
    ...(hits === everything ? {} : { 'healthy calls harmed': calls.filter(({ path, tookMs }) => isHarmed(path, tookMs)).length }),
  };
}

/** C: an outage of everything, of the connection, of one resource, under 50 calls a second. */
export function outageTrials(contestants: readonly Contestant[]): Trial[] {
  return TROUBLES.flatMap((trouble) =>
    contestants
      // NOTE: the AWS client has one path only, so it has no healthy resource to keep apart.
      .filter(({ name }) => !name.startsWith('bottleneck') && (trouble.hits === everything || !name.startsWith('aws')))
      .map((contestant) => ({
        group: 'outages',
        scenario: 'C',
        circumstances: trouble.name,
        client: contestant.name,
        once: (seed, random) => once(contestant, trouble, seed, random),
      })),
  );
}
