import { DatabaseSync } from 'node:sqlite';
import { SchemaTooNewError } from '../open-errors.ts';
import { type StoreSnapshot, TransferError } from '../transfer/portable-store.ts';
import { databaseFilesIn, databaseNameIn } from './database-files.ts';
import { NEWEST_SCHEMA } from './migrate.ts';
import { readSequences, readTables } from './tables.ts';
import { BUSY, CORRUPT, NOT_A_DATABASE, sqliteCode } from './unavailable.ts';

/** Findings of a check that are shown. */
const MOST_SHOWN = 10;
/** How long to wait for a process that holds the database while it starts. */
const BUSY_TIMEOUT_MS = 5_000;

function explained(file: string, error: unknown): unknown {
  const code = sqliteCode(error);
  if (code === NOT_A_DATABASE) return new TransferError(`"${file}" is not a database; name the data folder of a control plane`);
  if (code === CORRUPT)
    return new TransferError(
      `The database "${file}" is damaged; restore a backup, or rescue what can be read with: sqlite3 ${file} .recover`,
    );
  if (code === BUSY) return new TransferError(`Another program holds "${file}"; run it again when that has ended`);
  return error;
}

/**
 * One read transaction on the database in `folder`, which a control plane may write to meanwhile: in WAL mode neither waits for the other. The
 * write-ahead log is not cut back until it ends. Reads an older schema as it is.
 *
 * @throws {TransferError} {@link SchemaTooNewError}
 */
export async function openSnapshot(folder: string): Promise<StoreSnapshot> {
  const { database: file } = databaseFilesIn(folder);
  if (databaseNameIn(folder) === undefined)
    throw new TransferError(`The folder "${folder}" holds no database of a control plane; name its data folder`);
  const explaining = <T>(use: () => T): T => {
    try {
      return use();
    } catch (error) {
      throw explained(file, error);
    }
  };
  const database = explaining(() => new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS }));
  try {
    explaining(() => database.exec('PRAGMA query_only = ON; BEGIN'));
    const { user_version: version } = explaining(() => database.prepare('PRAGMA user_version').get()) as { user_version: number };
    if (version > NEWEST_SCHEMA)
      throw new SchemaTooNewError(
        `The data has schema version ${version}, this release knows up to ${NEWEST_SCHEMA}; use the newer release`,
      );
    if (version === 0) throw new TransferError(`The database "${file}" has no data (was its write-ahead log left behind?)`);
    const { tables, rows } = readTables(database);
    return {
      kind: 'sqlite',
      sequences: readSequences(database),
      tables,
      async *rows(table, columns) {
        try {
          yield* rows(table, columns);
        } catch (error) {
          throw explained(file, error);
        }
      },
      async damagedPages() {
        const found = database.prepare(`PRAGMA integrity_check(${MOST_SHOWN})`).all() as { integrity_check: string }[];
        return found.map((row) => row.integrity_check).filter((text) => text !== 'ok');
      },
      close: async () => database.close(),
    };
  } catch (error) {
    database.close();
    throw error;
  }
}
