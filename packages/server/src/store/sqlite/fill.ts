import { type StoreToFill, TransferError } from '../transfer/portable-store.ts';
import { databaseFilesIn, sizeOf } from './database-files.ts';
import { openFolder } from './open.ts';
import { readTables } from './tables.ts';
import { FULL, sqliteCode } from './unavailable.ts';

/** SQLITE_CONSTRAINT and SQLITE_MISMATCH: a row that the table cannot hold. */
const OF_ONE_ROW = [19, 20];

const diskFull = (folder: string) => new TransferError(`The disk of "${folder}" is full; nothing was restored, make room and run it again`);

function explained(folder: string, table: string, error: unknown): unknown {
  const code = sqliteCode(error) ?? 0;
  if (code === FULL) return diskFull(folder);
  if (!OF_ONE_ROW.includes(code)) return error;
  return new TransferError(`A row of the table "${table}" cannot be stored (${(error as Error).message}); nothing was restored`);
}

/**
 * Makes a database in `folder`, which is empty and belongs to the caller until {@link StoreToFill.finish}: what is abandoned goes with the folder.
 * Batches are committed one by one, so that the write-ahead log stays small.
 */
export async function openToFill(folder: string): Promise<StoreToFill> {
  const open = openFolder(folder);
  const { database } = open;
  // NOTE: the disk is waited for at each checkpoint, the last of them when the database is closed, and not at each batch.
  database.exec('PRAGMA synchronous = NORMAL');
  const { insertInto, ...readable } = readTables(database);
  return {
    ...readable,
    async insert(table, columns, rows) {
      const insert = database.prepare(insertInto(table, columns));
      try {
        database.exec('BEGIN');
        for (const row of rows) insert.run(...row);
        database.exec('COMMIT');
      } catch (error) {
        throw explained(folder, table, error);
      }
    },
    async finish(sequences) {
      const set = database.prepare('UPDATE counter SET value = ? WHERE name = ?');
      try {
        for (const [name, value] of Object.entries(sequences)) set.run(value, name);
        // NOTE: closing checkpoints too, but says nothing where the disk is full, and the log stays behind when the database is moved.
        database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } catch (error) {
        throw explained(folder, 'counter', error);
      }
      open.close();
      if (sizeOf(databaseFilesIn(folder).log) > 0) throw diskFull(folder);
    },
    async abandon() {
      if (database.isOpen) open.close();
    },
  };
}
