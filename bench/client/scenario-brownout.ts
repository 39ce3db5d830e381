import type { Random } from '@openkupe/contract/random';
import { quantile } from '../harness/statistics.ts';
import type { Contestant } from './exchange.ts';
import type { Measures, Trial } from './measure.ts';
import { peakPerSecond, runOpenLoop } from './open-loop.ts';

const LASTS_MS = 130_000;
const BEGINS_MS = 10_000;
const ENDS_MS = 70_000;
const DEADLINE_MS = 60_000;
const SLOWER = 10;
const SHARE = 0.2;
/** Longer than our attempt timeout of 30 s and than ky's of 10 s; the others wait for it, up to their own limits of 80 s and more. */
const HANGING_MS = [35_000, 90_000] as const;

const BROWNOUTS = [
  { name: 'latency × 10 for 60 s', share: 'none' },
  { name: 'latency × 10 for 60 s, a fifth of the answers after 35–90 s', share: 'hangs' },
  { name: 'latency × 10 for 60 s, a fifth of 503', share: 'fails' },
] as const;

async function once(contestant: Contestant, share: (typeof BROWNOUTS)[number]['share'], seed: number, random: Random): Promise<Measures> {
  const isIn = (atMs: number) => atMs >= BEGINS_MS && atMs < ENDS_MS;
  const fate = (_path: string, atMs: number) => {
    const usualMs = 40 + 20 * random.unit();
    if (!isIn(atMs)) return { afterMs: usualMs, isOk: true };
    const isHit = random.unit() < SHARE;
    const [least, most] = HANGING_MS;
    if (isHit && share === 'hangs') return { afterMs: least + (most - least) * random.unit(), isOk: true };
    return { afterMs: SLOWER * usualMs, isOk: !(isHit && share === 'fails') };
  };
  const { sent, calls } = await runOpenLoop(contestant, { seed, random, lastsMs: LASTS_MS, fate });
  const took = calls.flatMap(({ tookMs }) => tookMs ?? []);
  const callsIn = calls.filter(({ startedAtMs }) => isIn(startedAtMs));
  const tookIn = callsIn.flatMap(({ tookMs }) => tookMs ?? []);
  return {
    'success in 60 s %': (100 * took.filter((ms) => ms <= DEADLINE_MS).length) / calls.length,
    'sent/call': sent.length / calls.length,
    'sent/call in trouble': sent.filter(({ atMs }) => isIn(atMs)).length / callsIn.length,
    'p50 in trouble s': quantile(tookIn, 0.5) / 1_000,
    'p99 of successes s': quantile(took, 0.99) / 1_000,
    'abandoned per 100 calls': (100 * sent.filter(({ isAbandoned }) => isAbandoned).length) / calls.length,
    'peak/s in trouble': peakPerSecond(sent, BEGINS_MS + 2_000, ENDS_MS),
    'peak/s in 5 s after': peakPerSecond(sent, ENDS_MS, ENDS_MS + 5_000),
  };
}

/** D: everything gets slow for a minute, under 50 calls a second; in two variants a fifth of the answers hangs, or is 503. */
export function brownoutTrials(contestants: readonly Contestant[]): Trial[] {
  return BROWNOUTS.flatMap(({ name, share }) =>
    contestants
      .filter((contestant) => !contestant.name.startsWith('bottleneck'))
      .map((contestant) => ({
        group: 'brownouts',
        scenario: 'D',
        circumstances: name,
        client: contestant.name,
        once: (seed, random) => once(contestant, share, seed, random),
      })),
  );
}
