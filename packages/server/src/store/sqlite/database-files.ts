import { chmodSync, closeSync, existsSync, openSync, statfsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

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

/** The name of the database in `folder`; `undefined` where there is none, or an empty one. */
export function databaseNameIn(folder: string): string | undefined {
  const { database } = databaseFilesIn(folder);
  return sizeOf(database) > 0 ? basename(database) : undefined;
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

/** The length of `file` in bytes; 0 where it does not exist. */
export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * Bytes that the file system of `folder` has left for this user, for root with what is reserved for root. Infinity where it does not say:
 * some network file systems answer zeros.
 */
export function freeBytesAt(folder: string): number {
  try {
    const { bavail, bfree, blocks, bsize } = statfsSync(folder);
    if (blocks === 0) return Number.POSITIVE_INFINITY;
    return (process.getuid?.() === 0 ? bfree : bavail) * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Device and inode of a file; `undefined` where there is none to be seen. */
function identityOf(file: string): string | undefined {
  try {
    const found = statSync(file, { bigint: true, throwIfNoEntry: false });
    return found && `${found.dev}:${found.ino}`;
  } catch {
    return undefined;
  }
}

/**
 * Remembers which files are open, and returns a function that says whether they are still the ones at their paths. A file that was removed,
 * renamed or replaced can still be written through its descriptor, and what is written there is lost.
 */
export function rememberPlace({ database, log, index, lock }: DatabaseFiles): () => boolean {
  const open = [database, log, index, lock].map((file) => ({ file, identity: identityOf(file) }));
  return () => open.every(({ file, identity }) => identityOf(file) === identity);
}
