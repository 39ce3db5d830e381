import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alternate, type Compared, compare } from '../harness/alternate.ts';
import { runPgbench, startDatabases } from '../store/postgres.ts';
import type { Opened } from './contestants.ts';
import { readLoad } from './load.ts';
import { keyOf, startServer, UNLIMITED } from './openkupe.ts';
import { CLUSTER, effortOf, headersOf, IN_FLIGHT, patchesPerSecond } from './parts.ts';

/** The baseline: the statements of one update, a transaction each, in the order of revisions. */
const PGBENCH = 'pgbench with the same statements';
/** The server with its store in PostgreSQL. */
export const ON_POSTGRES = 'openkupe on PostgreSQL';

async function makeClusters({ server, folder }: Opened): Promise<void> {
  const headers = { ...headersOf(folder), 'content-type': 'application/json' };
  const send = async (method: string, path: string, body: object, status: number) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { method, headers, body: JSON.stringify(body) });
    if (answer.status !== status) throw new Error(`${method} ${path} answered ${answer.status} ${await answer.text()}`);
  };
  await send('PATCH', '/api/v1/tenants/demo', { plan: 'enterprise' }, 200);
  for (let at = 0; at < IN_FLIGHT; at += 1) await send('POST', '/api/v1/tenants/demo/clusters', { name: `c${at}` }, 201);
}

async function openOn(folder: string, settings: Readonly<Record<string, string>>): Promise<Opened> {
  const opened = { server: await startServer(folder, { ...UNLIMITED, OPENKUPE_SANDBOX_PROVISIONING_SECONDS: '0', ...settings }), folder };
  if (keyOf(folder) === '') throw new Error('The server wrote no key');
  await makeClusters(opened);
  return opened;
}

/** Guarded PATCHes and GETs at 32 in flight of the server on either store, beside pgbench. Needs PostgreSQL's programs. */
export async function measurePostgres(isQuick: boolean): Promise<readonly Compared<'patch' | 'get'>[]> {
  const { seconds, rounds } = effortOf(isQuick);
  const scratch = mkdtempSync(join(tmpdir(), 'openkupe-bench-'));
  const databases = await startDatabases();
  const sqlite = await openOn(join(scratch, 'sqlite'), {});
  const postgres = await openOn(join(scratch, 'postgres'), { OPENKUPE_DATABASE_URL: (await databases.make()).url });
  const runServer = async (opened: Opened) => {
    const target = { port: opened.server.port, path: CLUSTER(7), headers: headersOf(opened.folder), status: 200 };
    return { patch: (await patchesPerSecond(opened, seconds)).perSecond, get: (await readLoad(target, IN_FLIGHT, seconds)).perSecond };
  };
  try {
    const contestants = [
      { name: PGBENCH, run: async () => ({ patch: (await runPgbench(databases, 'ordered', seconds)).perSecond, get: Number.NaN }) },
      { name: ON_POSTGRES, run: () => runServer(postgres) },
      { name: 'openkupe on SQLite', run: () => runServer(sqlite) },
    ];
    return compare(await alternate(contestants, rounds), PGBENCH);
  } finally {
    await postgres.server.stop();
    await sqlite.server.stop();
    await databases.server.stop();
    rmSync(scratch, { recursive: true });
  }
}
