import { hasPostgres } from '../../conformance/postgres-server.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { digits, markdown } from '../harness/table.ts';
import { runWorker } from '../harness/worker.ts';
import { startDatabases } from '../store/postgres.ts';
import { type Installation, type Simulated, simulate } from './simulate.ts';
import type { StoreCosts } from './virtual-queue.ts';

interface LabelRow {
  readonly name: string;
  readonly wholeMs: number;
  readonly pagesMs: number;
  /** A page of 500 of a label that all but one in a thousand have. */
  readonly commonMs: number;
  readonly smallMs: number;
}
interface Results {
  readonly labels: readonly LabelRow[];
  readonly costs: readonly ({ readonly store: string } & StoreCosts)[];
  readonly simulation: readonly ({ readonly name: string } & Simulated)[];
}

const WORKER = new URL('costs.worker.ts', import.meta.url);
const measureCosts = async (isQuick: boolean, ...database: string[]) =>
  (await runWorker(WORKER, [String(isQuick ? 4_000 : 20_000), ...database])) as StoreCosts;

async function measureStores(isQuick: boolean): Promise<Results['costs']> {
  const sqlite = { store: 'SQLite', ...(await measureCosts(isQuick)) };
  if (!hasPostgres) return [sqlite];
  const databases = await startDatabases();
  try {
    const address = JSON.stringify(await databases.make());
    return [sqlite, { store: 'PostgreSQL', ...(await measureCosts(isQuick, address)) }];
  } finally {
    await databases.server.stop();
  }
}

const LABELS_WORKER = new URL('labels.worker.ts', import.meta.url);
async function measureLabels(isQuick: boolean): Promise<Results['labels']> {
  const rowsOf = async (store: string, ...database: string[]) => {
    const measured = await runWorker(LABELS_WORKER, [String(isQuick ? 10_000 : 100_000), ...database]);
    return Object.entries(measured as Record<string, Omit<LabelRow, 'name'>>).map(([way, row]) => ({ name: `${store}, ${way}`, ...row }));
  };
  const sqlite = await rowsOf('SQLite');
  if (!hasPostgres) return sqlite;
  const databases = await startDatabases();
  try {
    return [...sqlite, ...(await rowsOf('PostgreSQL', JSON.stringify(await databases.make())))];
  } finally {
    await databases.server.stop();
  }
}

/** A look, a change, and a list for each due item on PostgreSQL, rounded from the part `costs`. */
const COSTS: StoreCosts = { checkMs: 0.5, changeMs: 1.3, listMsPerItem: 0.003 };

const base = { clustersPerTenant: 10, shards: 1, steadyCheckMs: 60_000, burst: 10_000 };
const INSTALLATIONS: readonly ({ readonly name: string } & Installation)[] = [
  { name: '10,000 clusters, one process', ...base, clusters: 10_000 },
  { name: '100,000 clusters, one process', ...base, clusters: 100_000 },
  { name: '1 M clusters, one process', ...base, clusters: 1_000_000 },
  { name: '1 M clusters, one process, a look an hour', ...base, clusters: 1_000_000, steadyCheckMs: 3_600_000 },
  { name: '1 M clusters, 16 shards', ...base, clusters: 1_000_000, shards: 16 },
];

async function simulateAll(isQuick: boolean): Promise<Results['simulation']> {
  const results = [];
  for (const { name, ...one } of INSTALLATIONS) {
    const clusters = isQuick ? one.clusters / 10 : one.clusters;
    results.push({ name: isQuick ? `${name}, a tenth` : name, ...(await simulate({ ...one, clusters }, COSTS)) });
  }
  return results;
}

/** The reconciler at a size that no machine here holds, on virtual time, with costs that were measured. */
export const benchmark: Benchmark<Results> = {
  parts: {
    labels: {
      measure: measureLabels,
      table: (rows) =>
        markdown(
          [
            '',
            'the whole list, ms',
            'in pages of 500, ms',
            'a page of a label that 999 of 1,000 have, ms',
            'of a tenant with 10 clusters, ms',
          ],
          rows.map(({ name, ...of }) => [name, ...[of.wholeMs, of.pagesMs, of.commonMs, of.smallMs].map(digits)]),
        ),
    },
    costs: {
      measure: measureStores,
      table: (rows) =>
        markdown(
          ['', 'a look, ms', 'a new cluster, ms', 'a list of tenants, µs for each due item'],
          rows.map(({ store, checkMs, changeMs, listMsPerItem }) => [
            store,
            digits(checkMs),
            digits(changeMs),
            digits(listMsPerItem * 1_000),
          ]),
        ),
    },
    simulation: {
      measure: simulateAll,
      table: (rows) =>
        markdown(
          ['', 'all looked at after a start, s', 'looks/s wanted', 'looks/s done', 'a change, p50 s', 'p99 s', 'behind a burst, p99 s'],
          rows.map(({ name, ...of }) => [
            name,
            digits(of.sweepSeconds),
            digits(of.neededPerSecond),
            digits(of.donePerSecond),
            digits(of.lagP50),
            digits(of.lagP99),
            digits(of.burstLagP99),
          ]),
        ),
    },
  },
  targets: [],
};
