import type { DatabaseSync } from 'node:sqlite';
import { CORRUPT } from './unavailable.ts';

/** Up to this size the whole database is checked at the start; of a larger one what decides, and not the history. */
const CHECKED_WHOLE_BYTES = 64 * 1024 * 1024;
const DECISIVE_TABLES = ['counter', 'resource', 'work', 'ledger'];

/**
 * Looks for damaged pages before anything is written, because writing on them makes it worse (https://www.sqlite.org/pragma.html#pragma_quick_check; about 8 ms a
 * MiB). Throws what SQLite itself throws when it meets one.
 */
export function checkPages(database: DatabaseSync): void {
  const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number };
  const { page_size: bytes } = database.prepare('PRAGMA page_size').get() as { page_size: number };
  const checks = pages * bytes <= CHECKED_WHOLE_BYTES ? ['quick_check(1)'] : DECISIVE_TABLES.map((table) => `quick_check(${table})`);
  for (const check of checks) {
    const [row] = database.prepare(`PRAGMA ${check}`).all() as { quick_check: string }[];
    if (row?.quick_check !== 'ok') throw Object.assign(new Error(row?.quick_check), { errcode: CORRUPT });
  }
}
