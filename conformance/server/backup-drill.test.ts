import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { createClient } from '../client.ts';
import { etagOf, untilPhase } from '../clusters.ts';
import { hasPostgres, NEEDS_POSTGRES, type PostgresServer, startPostgres } from '../postgres-server.ts';
import { testOfOwnServer } from '../server-under-test.ts';
import { type StartedServer, startServer } from '../start-server.ts';
import { authorityOf, checkRestored } from './backup/check-restored.ts';
import { mustStore } from './backup/store-command.ts';
import { QUICK } from './kill/quick-settings.ts';
import { startWriters } from './kill/writers.ts';

const WRITERS = 32;
const DRILL_MS = 180_000;
/** Writes before the backup, and after it began. */
const BEFORE = 150;

type Store = 'SQLite' | 'PostgreSQL';

/** A cluster that nothing changes any more. */
async function makeQuietCluster(server: StartedServer) {
  const client = createClient(server);
  const path = './clusters/quiet';
  expect((await client.call('POST', './clusters', { body: { name: 'quiet' } })).status).toBe(201);
  await untilPhase(client, path, 'Running');
  return { path, etag: etagOf(await client.call('GET', path)), authority: await authorityOf(client, path) };
}

describe('a backup of a server that 32 writers write to', () => {
  let postgres: PostgresServer | undefined;
  let databases = 0;
  beforeAll(async () => {
    if (hasPostgres) postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());
  /** The variables of a new store. */
  async function variablesOf(store: Store): Promise<Record<string, string>> {
    if (store === 'SQLite') return { OPENKUPE_DATABASE_URL: '' };
    databases += 1;
    return { OPENKUPE_DATABASE_URL: (await postgres?.createDatabase(`drill_${databases}`)) ?? '' };
  }

  async function drill(from: Store, to: Store): Promise<void> {
    const source = { ...QUICK, ...(await variablesOf(from)) };
    const first = await startServer({ variables: source });
    const atRest = await makeQuietCluster(first);
    const writers = await startWriters(first, WRITERS);
    await writers.runUntil(BEFORE, { goesOn: true });
    const acknowledged = writers.acknowledgedSoFar();
    const file = join(first.dataFolder, '..', 'drill.backup');
    const backedUp = mustStore(['backup', file, '--data', first.dataFolder], source);
    expect(await backedUp).toContain('under the passphrase');
    expect(await mustStore(['check', '--data', first.dataFolder], source)).toContain('No damage found');
    await writers.runUntil(writers.acknowledgedSoFar().acknowledged);
    await first.kill();
    await writers.ledger();

    const target = { ...QUICK, ...(await variablesOf(to)) };
    const folder = join(first.dataFolder, '..', 'restored');
    expect(await mustStore(['restore', file, '--data', folder, '--verify'], target)).toContain('Verified');
    const second = await startServer({ variables: target, dataFolder: folder });
    try {
      await checkRestored({ ...second, apiKey: first.apiKey }, acknowledged, atRest);
    } finally {
      await second.stop();
      await first.stop();
    }
  }

  testOfOwnServer(
    'SQLite to SQLite: every write that was acknowledged before it began is there',
    () => drill('SQLite', 'SQLite'),
    DRILL_MS,
  );
  describe.skipIf(!hasPostgres)(`with PostgreSQL ${NEEDS_POSTGRES}`, () => {
    testOfOwnServer('SQLite to PostgreSQL: the same', () => drill('SQLite', 'PostgreSQL'), DRILL_MS);
    testOfOwnServer('PostgreSQL to SQLite: the same', () => drill('PostgreSQL', 'SQLite'), DRILL_MS);
    testOfOwnServer('PostgreSQL to PostgreSQL: the same', () => drill('PostgreSQL', 'PostgreSQL'), DRILL_MS);
  });
});
