import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The only module that touches the files of the database. POSIX drops every lock of a process on a file when the process closes any
 * descriptor of that file (fcntl(2); https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_),
 * and without its locks another program that opens the database takes the write-ahead log away. So a database file is created before
 * SQLite opens it, and from then on reached by its path alone: stat and chmod, never open.
 */
export interface DatabaseFiles {
  readonly database: string;
  /** The write-ahead log. */
  readonly log: string;
  /** The index of the log, which its readers and writers share. */
  readonly index: string;
  /** Held by the one process that uses the folder. */
  readonly lock: string;
}

/** The paths of the database in `folder`, whether they exist or not. */
export function databaseFilesIn(folder: string): DatabaseFiles {
  const database = join(folder, 'openkupe.db');
  return { database, log: `${database}-wal`, index: `${database}-shm`, lock: join(folder, 'openkupe.lock') };
}

const ONLY_OWNER = 0o600;

/** Creates `file` with mode 0600 if it does not exist. `wx` fails where it does, before anything is opened (O_EXCL, open(2)). */
export function createPrivate(file: string): void {
  try {
    closeSync(openSync(file, 'wx', ONLY_OWNER));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Gives mode 0600 to those of `files` that exist. */
export function keepPrivate(files: readonly string[]): void {
  for (const file of files) if (existsSync(file)) chmodSync(file, ONLY_OWNER);
}

/** Creates `folder` and its parents with mode 0700 where they do not exist. */
// NOTE: not mkdir's own recursion, which in Node 24 never returns where the parent exists and still answers ENOENT, e.g. under /proc.
export function createFolder(folder: string): void {
  if (existsSync(folder)) return;
  createFolder(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

/** Whether `file` holds anything, in bytes on disk; 0 where it does not exist. */
export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
