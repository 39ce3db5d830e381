import { hasPostgres } from '../../conformance/postgres-server.ts';
import { alternate, type Compared, compare } from '../harness/alternate.ts';
import { runWorker } from '../harness/worker.ts';
import { type Databases, startDatabases } from '../store/postgres.ts';

/** The contestants on SQLite. */
export const BARE = 'a bare loop that leases, plans and commits';
export const RECONCILER = 'openkupe';
/** The same on PostgreSQL. */
export const BARE_ON_POSTGRES = `${BARE}, on PostgreSQL`;
export const RECONCILER_ON_POSTGRES = 'openkupe on PostgreSQL';

/** Clusters that come to Running in a second, and processor time of the process for each, microseconds. */
export type OfReconciler = 'perSecond' | 'cpuUs';

const WORKER = new URL('reconciler.worker.ts', import.meta.url);

async function run(by: 'bare' | 'openkupe', clusters: number, databases?: Databases): Promise<Record<OfReconciler, number>> {
  const database = databases ? [JSON.stringify(await databases.make())] : [];
  return (await runWorker(WORKER, [by, String(clusters), ...database])) as Record<OfReconciler, number>;
}

/** New clusters brought to Running by the reconciler with the sandbox at zero duration, and by a bare loop, on each store. */
export async function measureReconciler(isQuick: boolean): Promise<readonly Compared<OfReconciler>[]> {
  const [clusters, rounds] = isQuick ? [1_000, 2] : [4_000, 5];
  const sqlite = [
    { name: BARE, run: () => run('bare', clusters) },
    { name: RECONCILER, run: () => run('openkupe', clusters) },
  ];
  const measured = compare(await alternate(sqlite, rounds), BARE);
  if (!hasPostgres) return measured;
  const databases = await startDatabases();
  try {
    const postgres = [
      { name: BARE_ON_POSTGRES, run: () => run('bare', clusters, databases) },
      { name: RECONCILER_ON_POSTGRES, run: () => run('openkupe', clusters, databases) },
    ];
    return [...measured, ...compare(await alternate(postgres, rounds), BARE_ON_POSTGRES)];
  } finally {
    await databases.server.stop();
  }
}
