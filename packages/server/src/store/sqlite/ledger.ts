import type { DatabaseSync } from 'node:sqlite';
import { type BrokenDataError, type DamageReport, decodeOrNote, isReadable } from '../broken-data.ts';
import type { LedgerEntry, LedgerFact, LedgerRow } from '../ledger.ts';
import { decodeEntry, type LedgerEntryRow } from '../ledger-row.ts';

/** Reads entries of one tenant, oldest first. */
export interface LedgerReads {
  after(tenant: string, entry: number, limit: number): LedgerRow[];
  last(tenant: string, kind?: LedgerFact['kind']): LedgerRow | undefined;
}

const COLUMNS = 'SELECT tenant, entry, at, fact FROM ledger WHERE tenant = ?';
const LAST = `${COLUMNS} ORDER BY entry DESC LIMIT 1`;

/** Appends an entry inside the caller's transaction; `stale` when it had to follow another than the last. */
export function prepareAppend(database: DatabaseSync): (entry: LedgerEntry) => 'appended' | 'stale' {
  const insert = database.prepare('INSERT INTO ledger VALUES (?, ?, ?, ?, ?)');
  const last = database.prepare(LAST);
  return ({ tenant, at, fact, follows }) => {
    const before = last.get(tenant) as LedgerEntryRow | undefined;
    const head = before?.entry ?? 0;
    if (follows !== undefined && follows !== head) return 'stale';
    const countsFrom = fact.kind === 'reopening' ? at : Math.max(at, before?.at ?? at);
    insert.run(tenant, head + 1, countsFrom, fact.kind, JSON.stringify(fact));
    return 'appended';
  };
}

/** Prepares the reads; an entry that cannot be read is noted in `damage`. */
export function prepareLedgerReads(database: DatabaseSync, damage: DamageReport): LedgerReads {
  const after = database.prepare(`${COLUMNS} AND entry > ? ORDER BY entry LIMIT ?`);
  const last = database.prepare(LAST);
  const one = database.prepare(`${COLUMNS} AND entry = ?`);
  const lastOfKind = database.prepare(`${COLUMNS} AND kind = ? ORDER BY entry DESC LIMIT 1`);

  const readAgain = ({ tenant, entry }: LedgerEntryRow) => {
    const row = one.get(tenant, entry) as LedgerEntryRow | undefined;
    return row && decodeEntry(row);
  };
  const note = (error: BrokenDataError, row: LedgerEntryRow) => damage.note(error, () => !isReadable(row, readAgain));
  const decode = (row: LedgerEntryRow) => decodeOrNote(row, decodeEntry, note);

  return {
    after: (tenant, entry, limit) => (after.all(tenant, entry, limit) as unknown as LedgerEntryRow[]).map(decode),
    last(tenant, kind) {
      const row = (kind === undefined ? last.get(tenant) : lastOfKind.get(tenant, kind)) as LedgerEntryRow | undefined;
      return row && decode(row);
    },
  };
}
