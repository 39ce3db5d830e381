import type { DatabaseSync } from 'node:sqlite';
import { BrokenDataError, type DamageReport } from '../broken-data.ts';
import type { LedgerEntry, LedgerFact, LedgerRow } from '../ledger.ts';
import { FACT_SHAPES, problemWithShape } from '../shapes.ts';
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

function decodeEntry({ tenant, entry, at, fact: text }: Row): LedgerRow {
  const what = `ledger entry "${tenant}/${entry}"`;
  const fact = decodeObject<LedgerFact>(text, what, 'fact');
  const shape = Object.hasOwn(FACT_SHAPES, fact.kind) ? FACT_SHAPES[fact.kind] : undefined;
  const problem = shape ? problemWithShape(fact, shape) : '"kind" is missing or unknown';
  if (problem !== undefined) throw new BrokenDataError(what, `in its fact ${problem}`);
  return { tenant, entry, at, fact };
}

export function prepareLedger(database: DatabaseSync, damage: DamageReport): Ledger {
  const columns = 'SELECT tenant, entry, at, fact FROM ledger WHERE tenant = ?';
  const insert = database.prepare('INSERT INTO ledger VALUES (?, ?, ?, ?, ?)');
  const after = database.prepare(`${columns} AND entry > ? ORDER BY entry LIMIT ?`);
  const last = database.prepare(`${columns} ORDER BY entry DESC LIMIT 1`);
  const one = database.prepare(`${columns} AND entry = ?`);
  // NOTE: SQLite may find fault with what JSON.parse accepts, e.g. deep nesting; what it suspects is decoded to be sure.
  const suspect = database.prepare(
    `SELECT tenant, entry, at, fact FROM ledger WHERE CASE WHEN json_valid(fact) THEN fact ->> '$.kind' IS NOT kind ELSE 1 END LIMIT 1000`,
  );
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
