import type { LedgerEntryRow } from '../ledger-row.ts';
import type { ResourceRow } from '../resource-row.ts';
import { RESOURCE_COLUMNS, type Runner, run, type Statement } from './statement.ts';

/** Rows that are read at a time: a few milliseconds, and little memory at once. */
const SLICE = 200;

const RESOURCES: Statement = {
  name: 'find-broken-resources',
  text: `SELECT ${RESOURCE_COLUMNS} FROM resource WHERE (kind, tenant, name) > ($1, $2, $3) ORDER BY kind, tenant, name LIMIT ${SLICE}`,
};
const ENTRIES: Statement = {
  name: 'find-broken-entries',
  text: `SELECT tenant, entry, at, fact FROM ledger WHERE (tenant, entry) > ($1, $2) ORDER BY tenant, entry LIMIT ${SLICE}`,
};

/** What reads a row, and notes it where it cannot be read. */
interface Checks {
  resource(row: ResourceRow): void;
  entry(row: LedgerEntryRow): void;
}

/** Reads every resource and every ledger entry once, a slice at a time, until the signal aborts. Rejects where the database fails. */
export async function findBroken(pool: Runner, check: Checks, signal: AbortSignal): Promise<void> {
  for (let [kind, tenant, name] = ['', '', '']; !signal.aborted; ) {
    const rows = await run<ResourceRow & Record<string, unknown>>(pool, RESOURCES, kind, tenant, name);
    rows.forEach(check.resource);
    const last = rows.at(-1);
    if (!last) break;
    ({ kind, tenant, name } = last);
  }
  for (let [tenant, entry] = ['', 0]; !signal.aborted; ) {
    const rows = await run<LedgerEntryRow & Record<string, unknown>>(pool, ENTRIES, tenant, entry);
    rows.forEach(check.entry);
    const last = rows.at(-1);
    if (!last) break;
    ({ tenant, entry } = last);
  }
}
