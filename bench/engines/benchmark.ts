/** What real clusters cost: the client of API servers, the watches that clusters share, and control planes as local processes. */
import type { Benchmark } from '../harness/benchmark.ts';
import { type ClientRow, client, OWN } from './client.ts';
import { type LocalClusters, local } from './local.ts';
import { type SharedWatch, sharedWatch } from './shared-watch.ts';
import { type VclusterRow, vcluster } from './vcluster.ts';
import { type VclusterAtRest, vclusterAtRest } from './vcluster-at-rest.ts';

interface Results {
  readonly client: readonly ClientRow[];
  readonly 'shared-watch': SharedWatch;
  readonly vcluster: readonly VclusterRow[];
  readonly 'vcluster-at-rest': VclusterAtRest;
  readonly local: LocalClusters;
}

/** The benchmark of the engines. */
export const benchmark: Benchmark<Results> = {
  parts: { client, 'shared-watch': sharedWatch, vcluster, 'vcluster-at-rest': vclusterAtRest, local },
  targets: [
    {
      text: 'time of a GET, times that of the official client',
      of: ({ client: rows }) => rows?.find(({ name }) => name === OWN)?.ratios.eachMs.median,
      atMost: 0.5,
    },
    {
      text: 'API calls of a cluster at rest in 10 minutes, beside watches',
      of: ({ 'shared-watch': result }) => result?.callsPerTenMinutes,
      atMost: 1,
    },
    {
      text: 'ms until a change is noticed, the 99th percentile',
      of: ({ 'shared-watch': result }) => result?.noticedMs.p99,
      atMost: 1_000,
    },
  ],
};
