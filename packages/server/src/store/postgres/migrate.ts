import type { ClientBase, QueryConfig } from 'pg';
import { SchemaTooNewError } from '../open-errors.ts';
import { MIGRATION_LOCK } from './advisory-locks.ts';
import { firstTables } from './migrations/0001-first-tables.ts';
import { auditedFields } from './migrations/0002-audited-fields.ts';
import { workByTenant } from './migrations/0003-work-by-tenant.ts';
import { createdTenants } from './migrations/0004-created-tenants.ts';
import { clusterByUid } from './migrations/0005-cluster-by-uid.ts';
import { labels } from './migrations/0006-labels.ts';

/** In order; the place in this list plus one is the schema version. Only ever append. */
const MIGRATIONS: readonly string[] = [firstTables, auditedFields, workByTenant, createdTenants, clusterByUid, labels];

/** The version of the schema that this release makes. */
export const NEWEST_SCHEMA = MIGRATIONS.length;

/** The schema that holds every table; the first of `search_path` on every connection. */
export const SCHEMA = 'openkupe';

/** How long a step, or that of another process, may take. */
const MIGRATION_MS = 600_000;

/** A statement that may take that long. NOTE: the types do not know the limit of a single one. */
const patient = (text: string, values: unknown[] = []): QueryConfig => Object.assign({ text, values }, { query_timeout: MIGRATION_MS });

async function versionFound(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ version: number }>('SELECT max(version) AS version FROM schema_version');
  return rows[0]?.version ?? 0;
}

/**
 * Brings the schema to the newest version, all steps in one transaction under an advisory lock, which other processes that start wait for:
 * after a crash the old schema is there, whole. Returns the version that was found.
 *
 * @throws {SchemaTooNewError} when a newer release has written this database; it is left untouched.
 */
export async function migrate(client: ClientBase, migrations: readonly string[] = MIGRATIONS): Promise<number> {
  await client.query('BEGIN');
  try {
    await client.query('SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0');
    await client.query(patient('SELECT pg_advisory_xact_lock($1, $2)', [...MIGRATION_LOCK]));
    // NOTE: asked first, because CREATE … IF NOT EXISTS needs the right to create also where the schema exists.
    const { rowCount } = await client.query('SELECT FROM pg_namespace WHERE nspname = $1', [SCHEMA]);
    if (rowCount === 0) await client.query(`CREATE SCHEMA ${SCHEMA}`);
    const { rows } = await client.query<{ isThere: boolean }>(`SELECT to_regclass('${SCHEMA}.schema_version') IS NOT NULL AS "isThere"`);
    if (!rows[0]?.isThere) {
      await client.query(
        `CREATE TABLE ${SCHEMA}.schema_version (version integer PRIMARY KEY, migrated_at timestamptz NOT NULL DEFAULT now())`,
      );
    }
    const found = await versionFound(client);
    if (found > migrations.length) {
      throw new SchemaTooNewError(
        `The database has schema version ${found}, this release knows up to ${migrations.length}; start the newer release, or restore a backup made by this one`,
      );
    }
    for (const [index, migration] of migrations.entries()) {
      if (index < found) continue;
      await client.query(patient(migration));
      await client.query('INSERT INTO schema_version (version) VALUES ($1)', [index + 1]);
    }
    await client.query('COMMIT');
    return found;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}
