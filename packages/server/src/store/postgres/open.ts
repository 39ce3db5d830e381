import type { Client } from 'pg';
import type { DatabaseAddress } from '../database-address.ts';
import { DatabaseNotUsableError } from '../open-errors.ts';
import { PRESENCE_LOCK } from './advisory-locks.ts';
import { endClient } from './connect.ts';
import { explainOpen } from './explain-open.ts';
import { readClock } from './head.ts';
import { migrate } from './migrate.ts';
import { createPrimary, type Primary } from './primary.ts';
import { createReaders, type Readers } from './readers.ts';
import { makeDue } from './work.ts';

/** An open, migrated database. */
export interface OpenDatabase {
  readonly pool: Readers;
  /** The connection that writes, which pipelines; its session shows that this process is there. */
  readonly client: Client;
  /** How far the store's clock had come. */
  readonly clockMs: number;
  /** Opens a connection like {@link OpenDatabase.client}, after that was lost. */
  connectWriter(): Promise<Client>;
  /** Whether a connection leads to the server that was found to be the primary last. */
  leadsToPrimary(client: Client): boolean;
  /** Opens a connection whose session receives announcements (LISTEN) or holds a lock. */
  connectSession(): Promise<Client>;
  /** Asks all servers which one is the primary; rejects where such a connection leads to another one. */
  checkSession(client: Client): Promise<void>;
}

/** How long the server of a session may take to say that it is the primary. */
const SESSION_ANSWER_MS = 10_000;

/** The oldest version that is supported. */
const OLDEST_MAJOR = 15;

async function checkVersion(client: Client, oldestMajor: number): Promise<void> {
  const { rows } = await client.query<{ number: string; name: string; encoding: string }>(
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS name,
      current_setting('server_encoding') AS encoding`,
  );
  const { number, name, encoding } = rows[0] ?? {};
  if (Number(number) < oldestMajor * 10_000)
    throw new DatabaseNotUsableError(`PostgreSQL ${name} is too old; the control plane needs ${oldestMajor} or newer`);
  if (encoding !== 'UTF8')
    throw new DatabaseNotUsableError(
      `The database has the encoding ${encoding}, which cannot keep every text; make it with: createdb --encoding UTF8 --template template0`,
    );
}

/** Shows that this process is there, for as long as the session lasts. */
async function showPresence(client: Client): Promise<void> {
  await client.query('SELECT pg_advisory_lock_shared($1, $2)', [...PRESENCE_LOCK]);
}

/**
 * Makes everything due where no other process is on the database, as far as it shows: one whose session was lost is not seen until it writes again.
 * So no lease is ended here; that is done at the beginning of a term, which no two processes have at the same time.
 */
async function makeDueIfAlone(client: Client): Promise<void> {
  const { rows } = await client.query<{ alone: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS alone', [...PRESENCE_LOCK]);
  if (!rows[0]?.alone) return;
  await makeDue(client);
  await client.query('SELECT pg_advisory_unlock($1, $2)', [...PRESENCE_LOCK]);
}

async function connectWriter(primary: Primary): Promise<Client> {
  const client = await primary.connect({ pipelines: true });
  try {
    await showPresence(client);
    return client;
  } catch (error) {
    await endClient(client);
    throw error;
  }
}

/**
 * Connects, checks the version, brings the schema to the newest version, and ends what the processes before have left.
 *
 * @throws {DatabaseNotUsableError} {@link SchemaTooNewError}
 */
export async function openDatabase(address: DatabaseAddress, oldestMajor = OLDEST_MAJOR): Promise<OpenDatabase> {
  const primary = createPrimary(address);
  let client: Client | undefined;
  try {
    client = await primary.connect({ pipelines: true });
    await checkVersion(client, oldestMajor);
    await migrate(client);
    await makeDueIfAlone(client);
    await showPresence(client);
    const clockMs = await readClock(client);
    return {
      pool: createReaders(address, primary),
      client,
      clockMs,
      connectWriter: () => connectWriter(primary),
      leadsToPrimary: ({ host, port }) => host === primary.server.host && port === primary.server.port,
      connectSession: () => primary.connect({ pipelines: false }),
      async checkSession(session) {
        // NOTE: so that a former primary that goes on is left within seconds, also where no connection to it is lost.
        if (address.servers.length > 1) await primary.find().catch(() => {});
        await primary.check(session, SESSION_ANSWER_MS);
      },
    };
  } catch (error) {
    if (client) await endClient(client);
    throw explainOpen(error, address, primary.server);
  }
}
