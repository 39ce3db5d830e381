import { availableParallelism } from 'node:os';
import { systemClock } from '@openkupe/contract';
import { Client, type ClientBase, type ClientConfig, Pool, types } from 'pg';
import type { DatabaseAddress, ServerAddress } from '../database-address.ts';
import { SCHEMA } from './migrate.ts';

/** How long to wait for a connection, also for one of the pool to be free. */
const CONNECT_MS = 5_000;
/** The same where several servers are tried. */
const CONNECT_EACH_MS = 2_000;
/** How long the end of a connection may take, which a server whose machine or network is down does not confirm. */
const END_MS = 1_000;
/** How long a statement may run, by PostgreSQL's clock. */
const STATEMENT_MS = 10_000;
/** How long a statement may wait for a lock, such as the one on `head` that another process holds. */
const LOCK_MS = 5_000;
/** A process that stalls within a transaction holds every writer up; PostgreSQL ends its session after this. */
const IDLE_IN_TRANSACTION_MS = 5_000;
/** How long an answer may take by our clock: more than {@link STATEMENT_MS}, for a server whose machine or network is down. */
const ANSWER_MS = 12_000;
/** Reads that run at the same time at most, beside the connection that writes. */
const MOST_READERS = 32;

/** A reading connection is replaced after this, because the server it leads to may have become a standby. */
const MOST_AGE_S = 60;

const INT8 = 20;
/** `bigint` as a number: revisions and times stay below 2^53. */
const TYPES: ClientConfig['types'] = {
  getTypeParser: (oid, format) => (oid === INT8 && format !== 'binary' ? Number : types.getTypeParser(oid, format)),
};

/**
 * What every session sets. Statements look single rows up by their keys: a plan that was made while a table was small must not read it whole
 * once it has grown, as hash joins and scans do. What is forbidden and needed all the same, such as the scan of the one row of `head`, looks dear
 * to the planner, which would compile it at every turn.
 */
const OPTIONS = [
  `search_path=${SCHEMA}`,
  'synchronous_commit=on',
  'client_min_messages=warning',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
  'enable_seqscan=off',
  'jit=off',
];

function configOf({ tls, servers, ...address }: DatabaseAddress, { host, port }: ServerAddress): ClientConfig {
  const isEncrypted = tls && !host.startsWith('/');
  return {
    ...address,
    host,
    port,
    // NOTE: node:tls verifies chain and name (sslmode=verify-full). A name for SNI is none where the host is an address.
    ssl: isEncrypted && { rejectUnauthorized: true, host, ...(tls.ca === undefined ? {} : { ca: tls.ca }) },
    application_name: 'openkupe',
    options: OPTIONS.map((option) => `-c ${option}`).join(' '),
    connectionTimeoutMillis: servers.length > 1 ? CONNECT_EACH_MS : CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    lock_timeout: LOCK_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: TYPES,
  };
}

/** Checks a connection before it is used; rejects where it leads to a server that must not be used. */
type Check = (client: ClientBase) => Promise<unknown>;

/** The pool that reads run on: four connections a processor. They do not wait for the disk, and little for each other. */
export function createReadPool(address: DatabaseAddress, server: ServerAddress, check: Check): Pool {
  const max = Math.min(MOST_READERS, 4 * availableParallelism());
  const onConnect = async (client: ClientBase) => void (await check(client));
  const pool = new Pool({ ...configOf(address, server), max, maxLifetimeSeconds: MOST_AGE_S, onConnect });
  // NOTE: an idle connection that is lost leaves the pool; the next read opens another.
  pool.on('error', () => {});
  return pool;
}

/** Opens a connection of its own. `pipelines`: statements are sent without waiting for the answers of those before. */
export async function connect(
  address: DatabaseAddress,
  server: ServerAddress,
  { pipelines, check }: { readonly pipelines: boolean; readonly check: Check },
): Promise<Client> {
  const client = new Client({ ...configOf(address, server), ...({ pipeline: pipelines } as ClientConfig) });
  // NOTE: the statement under way is rejected, too; without a listener the error would end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    await check(client);
    return client;
  } catch (error) {
    await endClient(client);
    throw error;
  }
}

/** Resolves when the connection was ended, after {@link END_MS} at the latest. */
export async function endClient(client: Client): Promise<void> {
  await within(client.end());
  client.connection.stream.destroy();
}

/** Resolves when every connection of the pool was ended, after {@link END_MS} at the latest; statements that are under way fail then. */
export async function endPool(pool: Pool, clients: ReadonlySet<Client>): Promise<void> {
  await within(pool.end());
  for (const client of clients) client.connection.stream.destroy();
}

/** Resolves when `end` has settled, after {@link END_MS} at the latest. */
export async function within(end: Promise<void>): Promise<void> {
  const ended = new AbortController();
  const late = systemClock.sleep(END_MS, ended.signal).catch(() => {});
  await Promise.race([end.catch(() => {}), late]);
  ended.abort();
}
