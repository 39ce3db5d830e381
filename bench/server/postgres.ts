import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alternate, type Compared, compare } from '../harness/alternate.ts';
import { runPgbench, startDatabases } from '../store/postgres.ts';
import type { Opened } from './contestants.ts';
import { readLoad, runLoad } from './load.ts';
import { keyOf, startServer, UNLIMITED } from './openkupe.ts';
import { CLUSTER, effortOf, headersOf, IN_FLIGHT } from './parts.ts';

/** The baseline: the statements of one update, a transaction each, in the order of revisions. */
const PGBENCH = 'pgbench with the same statements';
/** The server with its store in PostgreSQL. */
export const ON_POSTGRES = 'openkupe on PostgreSQL';
/** The same on a database with 10,000 tenants of ten clusters each. */
export const LARGE_ON_POSTGRES = `${ON_POSTGRES}, 100,000 clusters`;
/** Two processes on one database, each with half of the requests. */
export const TWO_ON_POSTGRES = `${ON_POSTGRES}, two processes`;

/** What each contestant is measured at, a second. */
export type OnPostgres = 'patch' | 'get' | 'page';

const CLUSTERS = 50;
const PAGE = `/api/v1/tenants/demo/clusters?limit=${CLUSTERS}`;
const KEY = Buffer.alloc(32, 1).toString('base64url');
const SECRETS = { OPENKUPE_SECRETS: JSON.stringify({ apiKeyPepper: KEY, answerKey: KEY }) };

/** Tenants and clusters like those of the first tenant, with nothing left to do. */
const FILL = `
INSERT INTO openkupe.resource (kind, tenant, name, uid, version, observation, generation, created_at, deleted_at, spec, observed)
  SELECT kind, 't' || i, 't' || i, 'uid-t' || i, version, observation, generation, created_at, deleted_at, spec, observed
  FROM openkupe.resource, generate_series(1, 10000) AS i WHERE kind = 'tenant' AND name = 'demo';
INSERT INTO openkupe.resource (kind, tenant, name, uid, version, observation, generation, created_at, deleted_at, spec, observed)
  SELECT kind, 't' || i / 10 + 1, 'c' || i % 10, 'uid-c' || i, version, observation, generation, created_at, deleted_at, spec, observed
  FROM openkupe.resource, generate_series(0, 99999) AS i WHERE kind = 'cluster' AND tenant = 'demo' AND name = 'c7';
ANALYZE openkupe.resource`;

async function makeClusters({ server, folder }: Opened): Promise<void> {
  const headers = { ...headersOf(folder), 'content-type': 'application/json' };
  const send = async (method: string, path: string, body: object, status: number) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { method, headers, body: JSON.stringify(body) });
    if (answer.status !== status) throw new Error(`${method} ${path} answered ${answer.status} ${await answer.text()}`);
  };
  await send('PATCH', '/api/v1/tenants/demo', { plan: 'enterprise' }, 200);
  for (let at = 0; at < CLUSTERS; at += 1) await send('POST', '/api/v1/tenants/demo/clusters', { name: `c${at}` }, 201);
}

async function open(folder: string, settings: Readonly<Record<string, string>>): Promise<Opened> {
  const server = await startServer(folder, { ...UNLIMITED, OPENKUPE_SANDBOX_PROVISIONING_SECONDS: '0', ...settings });
  if (keyOf(folder) === '') throw new Error('The server wrote no key');
  return { server, folder };
}

async function openFilled(folder: string, settings: Readonly<Record<string, string>>): Promise<Opened> {
  const opened = await open(folder, settings);
  await makeClusters(opened);
  return opened;
}

/** Guarded PATCHes, each of a cluster of its own, and reads, {@link IN_FLIGHT} of them over all servers of an installation. */
async function runServers(all: readonly Opened[], seconds: number): Promise<Record<OnPostgres, number>> {
  const headers = headersOf((all[0] as Opened).folder);
  const share = IN_FLIGHT / all.length;
  const sumOver = async (run: (port: number, index: number) => Promise<{ perSecond: number } | undefined>) =>
    (await Promise.all(all.map(({ server }, index) => run(server.port, index)))).reduce(
      (sum, one) => sum + (one?.perSecond ?? Number.NaN),
      0,
    );
  const read = (path: string) => sumOver((port) => readLoad({ port, path, headers, status: 200 }, share, seconds));
  const patch = await sumOver(async (port, index) => {
    const paths = Array.from({ length: share }, (_, at) => CLUSTER(index * share + at));
    const connections = paths.map((path) => [{ name: 'patch', method: 'PATCH', path } as const]);
    const { byName, statuses } = await runLoad({ port, headers, connections, seconds });
    if (Object.keys(statuses).join() !== '200') throw new Error(`PATCHes answered ${JSON.stringify(statuses)}`);
    return byName.patch;
  });
  return { patch, get: await read(CLUSTER(7)), page: await read(PAGE) };
}

/** Guarded PATCHes, GETs and pages at 32 in flight of the server on either store, beside pgbench. Needs PostgreSQL's programs. */
export async function measurePostgres(isQuick: boolean): Promise<readonly Compared<OnPostgres>[]> {
  const { seconds, rounds } = effortOf(isQuick);
  const scratch = mkdtempSync(join(tmpdir(), 'openkupe-bench-'));
  const databases = await startDatabases();
  const [small, large] = [await databases.make(), await databases.make()];
  const settings = (url: string) => ({ OPENKUPE_DATABASE_URL: url, ...SECRETS });
  const sqlite = await openFilled(join(scratch, 'sqlite'), {});
  const first = await openFilled(join(scratch, 'first'), settings(small.url));
  const second = await open(join(scratch, 'second'), settings(small.url));
  const filled = await openFilled(join(scratch, 'large'), settings(large.url));
  await databases.server.sql(large.database, FILL);
  const pgbench = async () => ({ patch: (await runPgbench(databases, 'ordered', seconds)).perSecond, get: Number.NaN, page: Number.NaN });
  try {
    const contestants = [
      { name: PGBENCH, run: pgbench },
      { name: ON_POSTGRES, run: () => runServers([first], seconds) },
      { name: TWO_ON_POSTGRES, run: () => runServers([first, second], seconds) },
      { name: LARGE_ON_POSTGRES, run: () => runServers([filled], seconds) },
      { name: 'openkupe on SQLite', run: () => runServers([sqlite], seconds) },
    ];
    return compare(await alternate(contestants, rounds), PGBENCH);
  } finally {
    for (const { server } of [second, first, filled, sqlite]) await server.stop();
    await databases.server.stop();
    rmSync(scratch, { recursive: true });
  }
}
