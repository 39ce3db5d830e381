import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseAddress } from '../../packages/server/src/store/database-address.ts';
import { openPostgresStore } from '../../packages/server/src/store/postgres/postgres-store.ts';
import { openSqliteStore } from '../../packages/server/src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../packages/server/src/store/store.ts';

/** What a worker of this benchmark was started for: how many clusters, and an empty store on PostgreSQL where its address is given, else on SQLite. */
export async function storeOfWorker(): Promise<{ readonly clusters: number; readonly folder: string; readonly store: Store }> {
  const [clusterCount, database] = process.argv.slice(2);
  const folder = mkdtempSync(join(tmpdir(), 'openkupe-bench-'));
  const address = database && (JSON.parse(database) as DatabaseAddress);
  const storeFolder = join(folder, 'store');
  const store = await (address ? openPostgresStore({ folder: storeFolder, address }) : openSqliteStore({ folder: storeFolder }));
  return { clusters: Number(clusterCount), folder, store };
}
