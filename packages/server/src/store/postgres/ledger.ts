import { type BrokenDataError, type DamageReport, decodeOrNote, isReadable } from '../broken-data.ts';
import type { LedgerEntry, LedgerFact, LedgerRow } from '../ledger.ts';
import { decodeEntry, type LedgerEntryRow } from '../ledger-row.ts';
import type { GroupRows } from './group-rows.ts';
import { createRecheck } from './recheck.ts';
import { type Runner, run, type Statement } from './statement.ts';

const COLUMNS = 'SELECT tenant, entry, at, fact FROM ledger WHERE tenant = $1';
const AFTER: Statement = { name: 'ledger-after', text: `${COLUMNS} AND entry > $2 ORDER BY entry LIMIT $3` };
const LAST: Statement = { name: 'ledger-last', text: `${COLUMNS} ORDER BY entry DESC LIMIT 1` };
const LAST_OF_KIND: Statement = { name: 'ledger-last-of-kind', text: `${COLUMNS} AND kind = $2 ORDER BY entry DESC LIMIT 1` };
const ONE: Statement = { name: 'ledger-one', text: `${COLUMNS} AND entry = $2` };

type Row = LedgerEntryRow & Record<string, unknown>;

/** Appends an entry to the rows in memory; `stale` when it had to follow another than the last. */
export function append({ ledger, ledgerHeads }: GroupRows, { tenant, at, fact, follows }: LedgerEntry): 'appended' | 'stale' {
  const before = ledgerHeads.get(tenant);
  const head = before?.entry ?? 0;
  if (follows !== undefined && follows !== head) return 'stale';
  const entry = head + 1;
  const countsFrom = fact.kind === 'reopening' ? at : Math.max(at, before?.at ?? at);
  ledger.add({ tenant, entry, at: countsFrom, kind: fact.kind, fact: JSON.stringify(fact) });
  ledgerHeads.put(tenant, { entry, at: countsFrom });
  return 'appended';
}

/** Reads entries of one tenant, oldest first. */
export interface LedgerReads {
  /** Decodes a row, which notes it where it cannot be read. */
  check(row: LedgerEntryRow): void;
  after(tenant: string, entry: number, limit: number): Promise<LedgerRow[]>;
  last(tenant: string, kind?: LedgerFact['kind']): Promise<LedgerRow | undefined>;
}

/** The reads on `pool`; an entry that cannot be read is noted in `damage`. */
export function createLedgerReads(pool: Runner, damage: DamageReport): LedgerReads {
  async function isBroken({ tenant, entry }: LedgerEntryRow): Promise<boolean> {
    const [row] = await run<Row>(pool, ONE, tenant, entry);
    return row !== undefined && !isReadable(row, decodeEntry);
  }
  const recheck = (row: LedgerEntryRow) => createRecheck(() => isBroken(row));
  const note = (error: BrokenDataError, row: LedgerEntryRow) => damage.note(error, recheck(row));
  const decode = (row: LedgerEntryRow) => decodeOrNote(row, decodeEntry, note);
  return {
    check: (row) => void isReadable(row, decode),
    after: async (tenant, entry, limit) => (await run<Row>(pool, AFTER, tenant, entry, limit)).map(decode),
    async last(tenant, kind) {
      const [row] = kind === undefined ? await run<Row>(pool, LAST, tenant) : await run<Row>(pool, LAST_OF_KIND, tenant, kind);
      return row && decode(row);
    },
  };
}
