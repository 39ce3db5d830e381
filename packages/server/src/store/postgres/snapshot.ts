import type { Client } from 'pg';
import type { DatabaseAddress } from '../database-address.ts';
import { SchemaTooNewError } from '../open-errors.ts';
import { type StoreSnapshot, TransferError } from '../transfer/portable-store.ts';
import { endClient } from './connect.ts';
import { explainOpen } from './explain-open.ts';
import { NEWEST_SCHEMA, SCHEMA } from './migrate.ts';
import { createPrimary } from './primary.ts';
import { readSequences, readTables, runPatiently } from './tables.ts';

/** Lets a transaction wait for the disk or the database at the other end of the transfer. */
export const NO_TIME_LIMITS = 'SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0';

async function requireSchema(client: Client): Promise<void> {
  const [found] = await runPatiently<{ isThere: boolean }>(
    client,
    `SELECT to_regclass('${SCHEMA}.schema_version') IS NOT NULL AS "isThere"`,
  );
  if (!found?.isThere) throw new TransferError('The database holds no data of a control plane; correct its name');
  const [newest] = await runPatiently<{ version: number }>(client, 'SELECT max(version) AS version FROM schema_version');
  const version = newest?.version ?? 0;
  if (version > NEWEST_SCHEMA)
    throw new SchemaTooNewError(
      `The database has schema version ${version}, this release knows up to ${NEWEST_SCHEMA}; use the newer release`,
    );
}

/**
 * One read-only transaction with one snapshot (REPEATABLE READ), which waits for no write and holds none up. Reads an older schema as it is.
 *
 * @throws {TransferError} {@link SchemaTooNewError} {@link DatabaseNotUsableError}
 */
export async function openSnapshot(address: DatabaseAddress): Promise<StoreSnapshot> {
  const primary = createPrimary(address);
  const client = await primary.connect({ pipelines: false }).catch((error: unknown) => {
    throw explainOpen(error, address, primary.server);
  });
  try {
    await client.query(`BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; ${NO_TIME_LIMITS}`);
    await requireSchema(client);
    const { tables, rows } = await readTables(client);
    return {
      kind: 'postgresql',
      sequences: await readSequences(client),
      tables,
      rows,
      // NOTE: pages are those of the server, which checks them by its own means (data_checksums, pg_amcheck).
      damagedPages: async () => [],
      close: () => endClient(client),
    };
  } catch (error) {
    await endClient(client);
    throw error;
  }
}
