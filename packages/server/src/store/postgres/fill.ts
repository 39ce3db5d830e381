import type { Client } from 'pg';
import type { DatabaseAddress } from '../database-address.ts';
import { quoted, type Row, type Sequences, type StoreToFill, TransferError } from '../transfer/portable-store.ts';
import { PRESENCE_LOCK } from './advisory-locks.ts';
import { endClient } from './connect.ts';
import { explainOpen } from './explain-open.ts';
import { SCHEMA } from './migrate.ts';
import { openDatabase } from './open.ts';
import { createPrimary } from './primary.ts';
import { NO_TIME_LIMITS } from './snapshot.ts';
import { readSequences, readTables, runPatiently } from './tables.ts';
import { unavailable } from './unavailable.ts';

const holdsData = () => new TransferError('The database holds data of a control plane already; choose an empty one');

/** Before the schema is touched: a control plane of an older release may run on it. */
async function requireNoData(address: DatabaseAddress): Promise<void> {
  const primary = createPrimary(address);
  const client = await primary.connect({ pipelines: false }).catch((error: unknown) => {
    throw explainOpen(error, address, primary.server);
  });
  try {
    const [found] = await runPatiently<{ isThere: boolean }>(client, `SELECT to_regclass('${SCHEMA}.head') IS NOT NULL AS "isThere"`);
    if (found?.isThere && (await readSequences(client)).revision !== 0) throw holdsData();
  } finally {
    await endClient(client);
  }
}

/** Nothing but what a migration makes may be there, and no process that would write. */
async function requireEmpty(client: Client, tables: StoreToFill['tables']): Promise<void> {
  const [alone] = await runPatiently<{ alone: boolean }>(client, 'SELECT pg_try_advisory_lock($1, $2) AS alone', [...PRESENCE_LOCK]);
  if (!alone?.alone) throw new TransferError('A control plane runs on the database; stop it, or choose another database');
  const counts = tables.map(({ name }) => `(SELECT count(*) FROM ${quoted(name)})`).join(' + ');
  const [found] = await runPatiently<{ count: number }>(client, `SELECT ${counts} AS count`);
  if (found?.count === 0 && (await readSequences(client)).revision === 0) return;
  throw holdsData();
}

async function setSequences(client: Client, sequences: Sequences): Promise<void> {
  const known = Object.keys(await readSequences(client));
  for (const [name, value] of Object.entries(sequences))
    if (known.includes(name)) await client.query(`UPDATE head SET ${quoted(name)} = $1`, [value]);
  await client.query('UPDATE head SET event = (SELECT coalesce(max(id), 0) FROM event)');
  await runPatiently(client, 'INSERT INTO idempotency_usage SELECT tenant, sum(bytes) FROM idempotency_record GROUP BY tenant');
}

function isOfOneRow(error: unknown): boolean {
  return /^(22|23)/.test(String((error as { code?: unknown }).code));
}

/**
 * One transaction on a database that is empty. The tables are made first, as a start of the control plane does; they stay when it is abandoned.
 *
 * @throws {TransferError} {@link DatabaseNotUsableError} {@link SchemaTooNewError}
 */
export async function openToFill(address: DatabaseAddress): Promise<StoreToFill> {
  await requireNoData(address);
  const { client, pool } = await openDatabase(address);
  const close = async () => {
    await Promise.all([endClient(client), pool.end()]);
  };
  try {
    await client.query(`BEGIN; ${NO_TIME_LIMITS}`);
    const { insertInto, ...readable } = await readTables(client);
    await requireEmpty(client, readable.tables);
    return {
      ...readable,
      async insert(table, columns, rows: readonly Row[]) {
        const given = rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));
        await runPatiently(client, insertInto(table, columns), [JSON.stringify(given)]).catch((error: unknown) => {
          if (!isOfOneRow(error)) throw unavailable(error);
          throw new TransferError(`A row of the table "${table}" cannot be stored (${(error as Error).message})`);
        });
      },
      async finish(sequences) {
        await setSequences(client, sequences);
        await runPatiently(client, 'COMMIT');
        await close();
      },
      // NOTE: what is not committed is not there once the session has ended.
      abandon: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
