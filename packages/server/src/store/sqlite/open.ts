import { basename } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createFolder } from '../folder-path.ts';
import { DataFolderIncompleteError, DataFolderInUseError, DataFolderNotUsableError } from '../open-errors.ts';
import { inUseSentence } from '../path-lock.ts';
import type { DiskUsage } from '../store.ts';
import { checkPagesAtOpen } from './check-pages.ts';
import { createPrivate, type DatabaseFiles, databaseFilesIn, freeBytesAt, keepPrivate, rememberPlace, sizeOf } from './database-files.ts';
import { migrate } from './migrate.ts';
import { createRowVersions, type RowVersions } from './row-cache.ts';
import { BUSY, CANNOT_OPEN, CORRUPT, isStoreFailure, NOT_A_DATABASE, sqliteCode } from './unavailable.ts';
import { resetWork } from './work.ts';

/** A connection, and what is to be asked about its disk. */
export interface Connection {
  readonly database: DatabaseSync;
  /** Whether the files that are open are still the ones at their paths. */
  isInPlace(): boolean;
  /** Whether the disk has too little space left to write, {@link RESERVED_BYTES}. */
  isFull(): boolean;
  /** Counts every commit on the connection. */
  readonly versions: RowVersions;
}

/** An open, migrated database that no other control plane uses. */
export interface OpenDatabase extends Connection {
  readonly folder: string;
  /** Runs `use`, the first on the database. Where it fails, closes and throws what an operator can act upon. */
  explaining<T>(use: () => T): T;
  /** What is on disk, in bytes. */
  size(): Pick<DiskUsage, 'database' | 'free' | 'log'>;
  /** Checkpoints, closes, and frees the data folder for the next process. */
  close(): void;
}

/**
 * With less free space than this the disk counts as full and nothing is written. Between room for a small change and room for a usual one,
 * whether a write gets through would depend on the space that is left in the log, and readiness could not say it.
 */
export const RESERVED_BYTES = 1024 * 1024;

/** How long to wait for a tool that holds the database, e.g. a backup. All writes wait meanwhile, so it is short. */
const BUSY_TIMEOUT_MS = 500;
/** The write-ahead log is cut back to this after a checkpoint. */
const LOG_BYTES = 64 * 1024 * 1024;

function prepareFolder(folder: string, { lock }: DatabaseFiles): void {
  try {
    createFolder(folder);
    createPrivate(lock);
    keepPrivate([lock]);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new DataFolderNotUsableError(
      code === 'ENOTDIR'
        ? `The data folder "${folder}" is not a directory; choose another path or move the file away`
        : `The data folder "${folder}" cannot be written (${code}); let the user that runs the server own it, or choose another path`,
      { cause },
    );
  }
}

/**
 * Holds an exclusive transaction on a database of its own for as long as the process lives. The operating system drops the lock with the
 * process, however it ends; the data itself stays readable for backups.
 */
function lockFolder(folder: string, files: DatabaseFiles): DatabaseSync {
  const lock = new DatabaseSync(files.lock);
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock.close();
    if (sqliteCode(cause) !== BUSY) throw cause;
    throw new DataFolderInUseError(inUseSentence(folder), { cause });
  }
}

function incomplete(folder: string, problem: string): DataFolderIncompleteError {
  return new DataFolderIncompleteError(
    `The data folder "${folder}" ${problem}; restore the whole folder from a backup, or move it away to begin anew without its data`,
  );
}

/** What is left of an installation whose database is not there. SQLite itself would begin a new one and delete a log that stands alone. */
function checkNothingIsMissing(folder: string, { database, log }: DatabaseFiles, companions: readonly string[]): void {
  if (sizeOf(database) > 0) return;
  const left = [...(sizeOf(log) > 0 ? [basename(log)] : []), ...companions];
  if (left.length > 0) throw incomplete(folder, `holds ${left.join(', ')}, but its database ${basename(database)} is missing or empty`);
}

/** A database whose log was left behind when it was copied may hold nothing but its first page. */
function checkHoldsTables(folder: string, database: DatabaseSync, files: DatabaseFiles, companions: readonly string[]): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > 0 || companions.length === 0) return;
  const [name, log] = [basename(files.database), basename(files.log)];
  throw incomplete(folder, `holds ${companions.join(', ')}, but its database ${name} has no data (was ${log} left behind?)`);
}

function diskFull(folder: string, cause?: unknown): DataFolderNotUsableError {
  return new DataFolderNotUsableError(`The disk of the data folder "${folder}" is full; make room and start again`, { cause });
}

function damaged(folder: string, file: string, cause: unknown): DataFolderNotUsableError {
  return new DataFolderNotUsableError(
    `The database "${file}" is damaged; copy the data folder "${folder}" before anything else, then restore a backup, or rescue what can be read with: sqlite3 ${file} .recover | sqlite3 rescued.db`,
    { cause },
  );
}

function connect(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA fullfsync = ON; -- macOS: fsync alone leaves the bytes in the disk's cache
      PRAGMA checkpoint_fullfsync = ON;
      PRAGMA temp_store = MEMORY;
      PRAGMA journal_size_limit = ${LOG_BYTES};
    `);
    return database;
  } catch (cause) {
    database.close();
    throw cause;
  }
}

function connectionOn(database: DatabaseSync, folder: string, files: DatabaseFiles, versions: RowVersions): Connection {
  return { database, isInPlace: rememberPlace(files), isFull: () => freeBytesAt(folder) < RESERVED_BYTES, versions };
}

/** Another connection to the database that {@link openFolder} has opened in this process, for the thread that writes. */
export function openWriteConnection(folder: string, versions: RowVersions): Connection {
  const files = databaseFilesIn(folder);
  return connectionOn(connect(files.database), folder, files, versions);
}

function openDatabase(folder: string, files: DatabaseFiles, companions: readonly string[]): DatabaseSync {
  const { database: file, log, index } = files;
  createPrivate(file);
  keepPrivate([file, log, index]);
  const database = connect(file);
  try {
    checkHoldsTables(folder, database, files, companions);
    checkPagesAtOpen(database);
    migrate(database);
    resetWork(database);
    keepPrivate([log, index]);
    return database;
  } catch (cause) {
    database.close();
    throw cause;
  }
}

/** What to say for an error that SQLite raised during a start; any other as it is. */
function explained(folder: string, file: string, cause: unknown): unknown {
  const code = sqliteCode(cause);
  if (isStoreFailure(cause) && freeBytesAt(folder) < RESERVED_BYTES) return diskFull(folder, cause);
  if (code === CORRUPT) return damaged(folder, file, cause);
  if (code === BUSY) return new DataFolderInUseError(`Another program holds "${file}"; end it and start again`, { cause });
  if (code === CANNOT_OPEN)
    return new DataFolderNotUsableError(
      `"${file}" cannot be opened; let it be a file that the user that runs the server owns, or restore it from a backup`,
      { cause },
    );
  if (code !== NOT_A_DATABASE) return cause;
  return new DataFolderNotUsableError(`"${file}" is not a database; restore it from a backup, or choose another data folder`, { cause });
}

/**
 * Opens `<folder>/openkupe.db`, creating folder (0700) and files (0600) as needed.
 *
 * @throws {DataFolderNotUsableError} {@link DataFolderIncompleteError} {@link DataFolderInUseError} {@link SchemaTooNewError}
 */
export function openFolder(folder: string, companions: () => readonly string[] = () => []): OpenDatabase {
  const files = databaseFilesIn(folder);
  prepareFolder(folder, files);
  const lock = lockFolder(folder, files);
  try {
    const beside = companions();
    checkNothingIsMissing(folder, files, beside);
    if (freeBytesAt(folder) < RESERVED_BYTES) throw diskFull(folder);
    const database = openDatabase(folder, files, beside);
    const pages = database.prepare('SELECT page_size AS size, freelist_count AS free FROM pragma_page_size, pragma_freelist_count');
    const close = () => {
      database.close();
      lock.close();
    };
    return {
      ...connectionOn(database, folder, files, createRowVersions()),
      folder,
      explaining(use) {
        try {
          return use();
        } catch (cause) {
          close();
          throw explained(folder, files.database, cause);
        }
      },
      size() {
        const { size, free } = pages.get() as { size: number; free: number };
        return { database: sizeOf(files.database), free: free * size, log: sizeOf(files.log) };
      },
      close,
    };
  } catch (cause) {
    lock.close();
    throw explained(folder, files.database, cause);
  }
}
