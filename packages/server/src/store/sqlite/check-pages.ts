import type { DatabaseSync } from 'node:sqlite';
import { CORRUPT } from './unavailable.ts';

/** Up to this size the whole database is checked before it opens; of a larger one the small tables, and by the writer the rest that decides. */
const CHECKED_AT_OPEN_BYTES = 16 * 1024 * 1024;
const AT_OPEN = ['counter', 'work'];
const BY_WRITER = ['resource', 'ledger'];

function isSmall(database: DatabaseSync): boolean {
  const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number };
  const { page_size: bytes } = database.prepare('PRAGMA page_size').get() as { page_size: number };
  return pages * bytes <= CHECKED_AT_OPEN_BYTES;
}

function check(database: DatabaseSync, what: string): void {
  const [row] = database.prepare(`PRAGMA quick_check(${what})`).all() as { quick_check: string }[];
  if (row?.quick_check !== 'ok') throw Object.assign(new Error(row?.quick_check), { errcode: CORRUPT });
}

/**
 * Looks for damaged pages before anything is written, because writing on them makes it worse
 * (https://www.sqlite.org/pragma.html#pragma_quick_check; about 8 ms a MiB). Throws what SQLite itself throws when it meets one.
 */
export function checkPagesAtOpen(database: DatabaseSync): void {
  if (isSmall(database)) check(database, '1');
  else for (const table of AT_OPEN) check(database, table);
}

/** The same for what of a large database is not checked when it opens, so that a start does not wait for it and the first write does. */
export function checkRemainingPages(database: DatabaseSync): void {
  if (isSmall(database)) return;
  for (const table of BY_WRITER) check(database, table);
}
