import type { DatabaseSync } from 'node:sqlite';
import { isReadable } from '../broken-data.ts';
import { decodeEntry, type LedgerEntryRow } from '../ledger-row.ts';
import { decodeKey, decodeResource, type ResourceRow } from '../resource-row.ts';
import type { BrokenRow } from './writer.ts';

/** Rows that are decoded at a time: less than a millisecond, and little memory at once. */
const SLICE = 50;

function* brokenResources(database: DatabaseSync): Generator<BrokenRow[]> {
  const slice = database.prepare('SELECT rowid AS id, * FROM resource WHERE rowid > ? ORDER BY rowid LIMIT ?');
  for (let after = 0; ; ) {
    const rows = slice.all(after, SLICE) as unknown as (ResourceRow & { id: number })[];
    yield rows.filter((row) => !isReadable(row, decodeResource)).map((row) => decodeKey(row));
    const last = rows.at(-1);
    if (!last) return;
    after = last.id;
  }
}

function* brokenEntries(database: DatabaseSync): Generator<BrokenRow[]> {
  const slice = database.prepare(
    'SELECT tenant, entry, at, fact FROM ledger WHERE (tenant, entry) > (?, ?) ORDER BY tenant, entry LIMIT ?',
  );
  for (let [tenant, entry] = ['', 0]; ; ) {
    const rows = slice.all(tenant, entry, SLICE) as unknown as LedgerEntryRow[];
    yield rows.filter((row) => !isReadable(row, decodeEntry)).map((row) => ({ ledger: row.tenant, entry: row.entry }));
    const last = rows.at(-1);
    if (!last) return;
    ({ tenant, entry } = last);
  }
}

/** Decodes every resource and every ledger entry once, a slice at a time, and yields those of each slice that cannot be read. */
export function* findBroken(database: DatabaseSync): Generator<BrokenRow[]> {
  yield* brokenResources(database);
  yield* brokenEntries(database);
}
