/**
 * The same updates in PostgreSQL: by the store, and by pgbench with the statements of one update, a transaction each. pgbench runs them twice: in
 * the order of revisions, which the lock on `head` makes, and without it, as a store could that promised no order.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type PostgresServer, PROGRAMS, startPostgres } from '../../conformance/postgres-server.ts';
import type { DatabaseAddress } from '../../packages/server/src/store/database-address.ts';
import { openDatabase } from '../../packages/server/src/store/postgres/open.ts';
import { createPostgresStore } from '../../packages/server/src/store/postgres/postgres-store.ts';
import { STORE_LIMITS } from '../../packages/server/src/store/write-methods.ts';
import { alternate, type Compared, compare } from '../harness/alternate.ts';
import { updatesPerSecond } from './updates.ts';

const CALLERS = 32;
const KEY = `kind = 'cluster' AND tenant = 'bench' AND name = 'c' || :client_id::text`;
const LOADS = `
SELECT version, observation, generation, created_at, deleted_at FROM resource WHERE ${KEY};
SELECT * FROM work WHERE ${KEY};`;
const WRITES = `
UPDATE resource SET version = :revision, generation = generation + 1,
  spec = '{"displayName":"A cluster","type":"shared","version":"1.32","resources":{"cpu":"4","memory":"8Gi"},"highAvailability": false}' WHERE ${KEY};
UPDATE work SET wakes = wakes + 1, woken_at = 0, ready_at = 0 WHERE ${KEY};
INSERT INTO audit VALUES (:revision, 'bench', 0, 'bench', 'clusters.update', 'c', 'r');
INSERT INTO event VALUES (:event, :revision, 0, 'cluster', 'bench', 'c', 'changed', 'Cluster was changed');`;
const SCRIPTS = {
  ordered: `BEGIN;
SELECT revision + 1 AS revision, event + 1 AS event FROM head FOR UPDATE \\gset
${LOADS}${WRITES}
UPDATE head SET revision = :revision, event = :event;
COMMIT;
`,
  unordered: `BEGIN;
SELECT nextval('bench') AS revision, nextval('bench') AS event \\gset
${LOADS}${WRITES}
COMMIT;
`,
};

/** The store as it runs. */
export const ON_POSTGRES = 'the store, 32 in flight, grouped';
const PGBENCH = 'pgbench, a transaction each';

/** Databases on one server. */
export interface Databases {
  readonly server: PostgresServer;
  /** The address of a new one. */
  make(): Promise<DatabaseAddress & { readonly url: string }>;
}

/** Starts a server whose commits wait for the disk of `TMPDIR`. */
export async function startDatabases(): Promise<Databases> {
  const server = await startPostgres(['fsync=on', 'shared_buffers=128MB']);
  let count = 0;
  return {
    server,
    async make() {
      count += 1;
      const database = `bench_${count}`;
      const url = await server.createDatabase(database);
      const { port, user, password } = server;
      return { servers: [{ host: '127.0.0.1', port }], user, password, database, tls: false, url };
    },
  };
}

async function runStore({ make }: Databases, callers: number, largestGroup: number, seconds: number): Promise<{ perSecond: number }> {
  const store = createPostgresStore(await openDatabase(await make()), { ...STORE_LIMITS, largestGroup });
  const perSecond = await updatesPerSecond(store, callers, seconds);
  await store.close();
  return { perSecond };
}

/** Updates a second of pgbench with 32 clients, each of a cluster of its own, on a new database. */
export async function runPgbench(
  { server, make }: Databases,
  order: keyof typeof SCRIPTS,
  seconds: number,
): Promise<{ perSecond: number }> {
  const address = await make();
  const { database } = address;
  // NOTE: makes the tables, and a cluster with a work item for each client.
  await runStore({ server, make: async () => address }, CALLERS, 1_000, 0.1);
  await server.sql(database, 'CREATE SEQUENCE openkupe.bench START 1000000');
  const script = join(server.folder, `${order}.sql`);
  writeFileSync(script, SCRIPTS[order]);
  const flags = [
    '-h',
    server.folder,
    '-p',
    String(server.port),
    '-U',
    'postgres',
    '-n',
    '-M',
    'prepared',
    '-c',
    String(CALLERS),
    '-j',
    '2',
  ];
  const { stdout } = await promisify(execFile)(
    join(PROGRAMS ?? '', 'pgbench'),
    [...flags, '-T', String(Math.max(1, Math.round(seconds))), '-f', script, database],
    { env: { PATH: process.env.PATH, PGOPTIONS: '-c search_path=openkupe -c synchronous_commit=on' } },
  );
  return { perSecond: Number(/tps = ([\d.]+)/.exec(stdout)?.[1]) };
}

/** Durable updates a second in PostgreSQL, beside pgbench. */
export async function measurePostgres(isQuick: boolean): Promise<readonly Compared<'perSecond'>[]> {
  const [seconds, rounds] = isQuick ? [2, 2] : [4, 5];
  const databases = await startDatabases();
  const { largestGroup } = STORE_LIMITS;
  try {
    const contestants = [
      { name: PGBENCH, run: () => runPgbench(databases, 'ordered', seconds) },
      { name: 'the same without an order of revisions', run: () => runPgbench(databases, 'unordered', seconds) },
      { name: ON_POSTGRES, run: () => runStore(databases, CALLERS, largestGroup, seconds) },
      { name: 'the store, 32 in flight, a transaction each', run: () => runStore(databases, CALLERS, 1, seconds) },
      { name: 'the store, 1 in flight', run: () => runStore(databases, 1, largestGroup, seconds) },
    ];
    return compare(await alternate(contestants, rounds), PGBENCH);
  } finally {
    await databases.server.stop();
  }
}
