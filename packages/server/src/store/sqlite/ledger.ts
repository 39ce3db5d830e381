import type { DatabaseSync } from 'node:sqlite';
import { BrokenDataError, type DamageReport } from '../broken-data.ts';
import type { LedgerEntry, LedgerFact, LedgerRow } from '../ledger.ts';
import { decodeObject } from './codec.ts';

/** The ledger. `append` runs inside the caller's transaction and answers `stale` when the entry had to follow another than the last. */
export interface Ledger {
  append(entry: LedgerEntry): 'appended' | 'stale';
  after(tenant: string, entry: number, limit: number): LedgerRow[];
  last(tenant: string, kind?: LedgerFact['kind']): LedgerRow | undefined;
  /** Notes the entries that cannot be read, before they are asked for. */
  noteBroken(): void;
}

interface Row {
  readonly tenant: string;
  readonly entry: number;
  readonly at: number;
  readonly fact: string;
}

const decodeEntry = ({ tenant, entry, at, fact }: Row): LedgerRow => ({
  tenant,
  entry,
  at,
  fact: decodeObject<LedgerFact>(fact, `ledger entry "${tenant}/${entry}"`, 'fact'),
});

export function prepareLedger(database: DatabaseSync, damage: DamageReport): Ledger {
  const columns = 'SELECT tenant, entry, at, fact FROM ledger WHERE tenant = ?';
  const insert = database.prepare('INSERT INTO ledger VALUES (?, ?, ?, ?, ?)');
  const after = database.prepare(`${columns} AND entry > ? ORDER BY entry LIMIT ?`);
  const last = database.prepare(`${columns} ORDER BY entry DESC LIMIT 1`);
  const one = database.prepare(`${columns} AND entry = ?`);
  const suspect = database.prepare('SELECT tenant, entry, at, fact FROM ledger WHERE NOT json_valid(fact) LIMIT 1000');
  const lastOfKind = database.prepare(`${columns} AND kind = ? ORDER BY entry DESC LIMIT 1`);

  function isBroken({ tenant, entry }: Row): boolean {
    try {
      const row = one.get(tenant, entry) as Row | undefined;
      if (row) decodeEntry(row);
      return false;
    } catch {
      return true;
    }
  }
  function decode(row: Row): LedgerRow {
    try {
      return decodeEntry(row);
    } catch (error) {
      if (error instanceof BrokenDataError) damage.note(error, () => isBroken(row));
      throw error;
    }
  }

  return {
    noteBroken() {
      for (const row of suspect.all() as unknown as Row[]) {
        try {
          decode(row);
        } catch {
          // It is noted; what needs it says so when it is asked for.
        }
      }
    },
    append({ tenant, at, fact, follows }) {
      const before = last.get(tenant) as Row | undefined;
      const head = before?.entry ?? 0;
      if (follows !== undefined && follows !== head) return 'stale';
      const countsFrom = fact.kind === 'reopening' ? at : Math.max(at, before?.at ?? at);
      insert.run(tenant, head + 1, countsFrom, fact.kind, JSON.stringify(fact));
      return 'appended';
    },
    after: (tenant, entry, limit) => (after.all(tenant, entry, limit) as unknown as Row[]).map(decode),
    last(tenant, kind) {
      const row = (kind === undefined ? last.get(tenant) : lastOfKind.get(tenant, kind)) as Row | undefined;
      return row && decode(row);
    },
  };
}
