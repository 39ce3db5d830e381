import type { Contestant, SimResponse } from './exchange.ts';
import { overSeeds, quantile, type Row } from './measure.ts';
import { elapsedMs, runVirtual, sleep } from './virtual-time.ts';

const BASE = '/api/v1/tenants/acme';
/** What a fleet of scripts asks for: lists, single clusters, the tenant. */
const PATHS = [`${BASE}/clusters`, BASE, ...Array.from({ length: 8 }, (_, index) => `${BASE}/clusters/c${index}`)];
/** The runs of the others are long and alike: fewer seeds show their range. */
const SEEDS_OF_OTHERS = 5;
const CALLS_PER_SECOND = 50;
const LASTS_MS = 90_000;
const DEADLINE_MS = 60_000;

interface Trouble {
  readonly scenario: 'C' | 'D';
  readonly name: string;
  readonly isIn: (path: string, atMs: number) => boolean;
  readonly kind: 'unavailable' | 'refused' | 'slow';
}

const during = (atMs: number) => atMs >= 10_000 && atMs < 40_000;
const SICK = `${BASE}/clusters/c3`;

const TROUBLES: readonly Trouble[] = [
  { scenario: 'C', name: '30 s of 503', isIn: (_, atMs) => during(atMs), kind: 'unavailable' },
  { scenario: 'C', name: '30 s of refused connections', isIn: (_, atMs) => during(atMs), kind: 'refused' },
  { scenario: 'C', name: 'one sick resource for 30 s', isIn: (path, atMs) => path === SICK && during(atMs), kind: 'unavailable' },
  { scenario: 'D', name: 'latency × 10 and a fifth of 503 for 30 s', isIn: (_, atMs) => during(atMs), kind: 'slow' },
];

const OK: SimResponse = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"items":[],"name":"c"}' };
const SORRY: SimResponse = { status: 503, headers: { 'content-type': 'application/json' }, body: '{"error":"Not available"}' };

async function once(contestant: Contestant, trouble: Trouble, seed: number, random: { unit(): number }) {
  const startedAt = elapsedMs();
  const now = () => elapsedMs() - startedAt;
  const sent: { atMs: number; path: string }[] = [];
  const send = async ({ path }: { path: string }): Promise<SimResponse> => {
    const target = path === '/' ? (PATHS[0] as string) : path;
    const atMs = now();
    sent.push({ atMs, path: target });
    const isIn = trouble.isIn(target, atMs);
    if (isIn && trouble.kind === 'refused') {
      await sleep(1);
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    }
    const isSlow = isIn && trouble.kind === 'slow';
    await sleep((40 + 20 * random.unit()) * (isSlow ? 10 : 1));
    if (isSlow) return random.unit() < 0.2 ? SORRY : OK;
    return isIn ? SORRY : OK;
  };
  const took: number[] = [];
  let isHarmed = 0;
  const count = (CALLS_PER_SECOND * LASTS_MS) / 1_000;
  await runVirtual(async () => {
    const client = contestant.create(send, seed);
    const calls: Promise<void>[] = [];
    for (let index = 0; index < count; index++) {
      const path = PATHS[Math.floor(random.unit() * PATHS.length)] as string;
      const at = now();
      const call = Promise.resolve(client({ method: 'GET', path })).then(
        () => {
          const tookMs = now() - at;
          took.push(tookMs);
          if (path !== SICK && tookMs > 1_000) isHarmed += 1;
        },
        () => {
          if (path !== SICK) isHarmed += 1;
        },
      );
      calls.push(call);
      await sleep(1_000 / CALLS_PER_SECOND);
    }
    await Promise.all(calls);
  }, 900_000);
  const perSecond = (from: number, to: number) => {
    const seconds = new Map<number, number>();
    for (const { atMs } of sent)
      if (atMs >= from && atMs < to) seconds.set(Math.floor(atMs / 1_000), (seconds.get(Math.floor(atMs / 1_000)) ?? 0) + 1);
    return Math.max(0, ...seconds.values());
  };
  const sentDuring = sent.filter(({ atMs, path }) => during(atMs) && trouble.isIn(path, atMs)).length;
  const callsDuring = (30 * CALLS_PER_SECOND) / (trouble.name.startsWith('one') ? PATHS.length : 1);
  return {
    'success in 60 s %': (100 * took.filter((ms) => ms <= DEADLINE_MS).length) / count,
    'added load ×': sent.length / count - 1,
    'sent/call in trouble': sentDuring / callsDuring,
    'peak/s in trouble': perSecond(12_000, 40_000),
    'peak/s in 5 s after': perSecond(40_000, 45_000),
    'p99 s': quantile(took, 0.99) / 1_000,
    ...(trouble.name.startsWith('one') ? { 'healthy calls harmed': isHarmed } : {}),
  };
}

/** C: an outage of everything, of the connection, of one resource, under 50 calls a second. D: a brownout. */
export async function outages(contestants: readonly Contestant[], seeds: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const trouble of TROUBLES)
    for (const contestant of contestants) {
      if (contestant.name.startsWith('bottleneck') || (trouble.name.startsWith('one') && contestant.name.startsWith('aws'))) continue;
      const { scenario, name: circumstances } = trouble;
      rows.push(
        await overSeeds(
          {
            scenario,
            circumstances,
            client: contestant.name,
            seeds: contestant === contestants[0] ? seeds : Math.min(seeds, SEEDS_OF_OTHERS),
          },
          (seed, random) => once(contestant, trouble, seed, random),
        ),
      );
    }
  return rows;
}
