import type { DatabaseSync } from 'node:sqlite';
import { SchemaTooNewError } from '../open-errors.ts';
import { firstTables } from './migrations/0001-first-tables.ts';
import { ledger } from './migrations/0002-ledger.ts';
import { installation } from './migrations/0003-installation.ts';
import { keptAnswerQuota } from './migrations/0004-kept-answer-quota.ts';
import { recordRevision } from './migrations/0005-record-revision.ts';
import { auditedFields } from './migrations/0006-audited-fields.ts';
import { workByTenant } from './migrations/0007-work-by-tenant.ts';
import { createdTenants } from './migrations/0008-created-tenants.ts';
import { clusterByUid } from './migrations/0009-cluster-by-uid.ts';
import { labels } from './migrations/0010-labels.ts';

/** The steps in order; the place in this list plus one is the schema version. Only ever append. */
export const MIGRATIONS: readonly string[] = [
  firstTables,
  ledger,
  installation,
  keptAnswerQuota,
  recordRevision,
  auditedFields,
  workByTenant,
  createdTenants,
  clusterByUid,
  labels,
];

/** The version of the schema that this release makes. */
export const NEWEST_SCHEMA = MIGRATIONS.length;

/**
 * Brings the schema to the newest version, all steps in one exclusive transaction: after a crash the old schema is there, whole.
 *
 * @throws {SchemaTooNewError} when a newer release has written this database; it is left untouched.
 */
export function migrate(database: DatabaseSync, migrations: readonly string[] = MIGRATIONS): void {
  database.exec('BEGIN EXCLUSIVE');
  try {
    const row = database.prepare('PRAGMA user_version').get() as { user_version: number };
    const found = row.user_version;
    if (found > migrations.length) {
      throw new SchemaTooNewError(
        `The data has schema version ${found}, this release knows up to ${migrations.length}; start the newer release, or restore a backup made by this one`,
      );
    }
    for (const migration of migrations.slice(found)) database.exec(migration);
    if (found < migrations.length) database.exec(`PRAGMA user_version = ${migrations.length}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
