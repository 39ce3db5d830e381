import type { Random } from '@openkupe/contract/random';
import { quantile } from '../harness/statistics.ts';
import type { Contestant, SimClient } from './exchange.ts';
import { createLimitedServer } from './limited-server.ts';
import { idealAcceptances, type Limit } from './limiters.ts';
import type { Measures, Trial } from './measure.ts';
import { ourClient } from './ours.ts';
import { elapsedMs, runVirtual, sleep } from './virtual-time.ts';

const LIST = '/api/v1/tenants/acme/clusters';
const LIMIT_MS = 24 * 3_600_000;
/** Requests arrive for so long. */
const ARRIVALS_MS = 300_000;
const ROUND_TRIP_MS = [10, 30] as const;
/** A request waits for minutes in this setting, so ours is given an hour instead of its two minutes. */
const DEADLINE_MS = 3_600_000;

/** 80 a minute with a bucket of 100: about 500 in five minutes, filled once a minute as the paper's gateway does, or all the time. */
const QUOTAS: readonly { readonly name: string; readonly limit: Limit }[] = [
  { name: '80 filled in each minute, burst 100', limit: { kind: 'filled', calls: 80, windowMs: 60_000, burst: 100 } },
  { name: '80 per minute, burst 100', limit: { kind: 'steady', perSecond: 80 / 60, burst: 100 } },
];
const SIZES = [
  { clients: 5, requests: 800 },
  { clients: 100, requests: 500 },
  { clients: 100, requests: 800 },
] as const;

interface Setting {
  readonly limit: Limit;
  readonly clients: number;
  readonly requests: number;
}

/** A client's requests, one after the other: each is asked for again until it is served, by whichever client is used. */
async function serveAll(call: SimClient, arrivals: readonly number[], took: number[]): Promise<void> {
  for (const arrival of arrivals) {
    if (elapsedMs() < arrival) await sleep(arrival - elapsedMs());
    let isServed = false;
    while (!isServed)
      isServed = await Promise.resolve(call({ method: 'GET', path: LIST })).then(
        () => true,
        () => false,
      );
    took.push(elapsedMs() - arrival);
  }
}

async function once(contestant: Contestant, { limit, clients, requests }: Setting, seed: number, random: Random): Promise<Measures> {
  const arrivals = Array.from({ length: requests }, () => ARRIVALS_MS * random.unit()).sort((one, other) => one - other);
  const server = createLimitedServer({ limit, retryAfter: 'next-token', hasFields: false, roundTripMs: ROUND_TRIP_MS, random });
  const took: number[] = [];
  let endedAt = 0;
  const connections = Array.from({ length: clients }, () => server.connect());
  const own = connections.map((): number[] => []);
  for (const arrival of arrivals) own[Math.floor(random.unit() * clients)]?.push(arrival);
  const client = async ({ send }: (typeof connections)[number], index: number) => {
    await serveAll(contestant.create(send, seed * 1_000 + index), own[index] ?? [], took);
    endedAt = elapsedMs();
  };
  await runVirtual(() => Promise.all(connections.map(client)), LIMIT_MS);
  const idealEndMs = idealAcceptances(limit, arrivals).at(-1) ?? 0;
  return {
    'done %': (100 * took.length) / requests,
    'duration/ideal': endedAt / idealEndMs,
    '429/request': connections.reduce((sum, { counts }) => sum + counts.refused, 0) / requests,
    'mean response s': took.reduce((sum, ms) => sum + ms, 0) / took.length / 1_000,
    'p95 response s': quantile(took, 0.95) / 1_000,
  };
}

/**
 * L: the setting of Farkiani, Liu, Crowley, "Rethinking HTTP API Rate Limiting: A Client-Side Approach" (arXiv 2510.04516): up to
 * 100 clients that know nothing of each other, Poisson arrivals over five minutes, one quota.
 */
export function quotaTrials(ours: Contestant, algorithms: readonly Contestant[]): Trial[] {
  const patient: Contestant = {
    ...ours,
    create(send, seed) {
      const client = ourClient(send, seed, { policy: { deadlineMs: DEADLINE_MS } });
      return () => client.clusters.list();
    },
  };
  return QUOTAS.flatMap(({ name, limit }) =>
    SIZES.flatMap((size) =>
      [patient, ...algorithms].map((contestant) => ({
        group: 'quota',
        scenario: 'L',
        circumstances: `${size.clients} clients, ${size.requests} requests, ${name}`,
        client: contestant.name,
        once: (seed: number, random: Random) => once(contestant, { limit, ...size }, seed, random),
      })),
    ),
  );
}
