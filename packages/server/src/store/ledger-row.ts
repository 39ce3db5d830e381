import { BrokenDataError } from './broken-data.ts';
import type { LedgerFact, LedgerRow } from './ledger.ts';
import { decodeObject } from './resource-row.ts';
import { FACT_SHAPES, problemWithShape } from './shapes.ts';

/** A row of `ledger`, whose fact is JSON text. */
export interface LedgerEntryRow {
  readonly tenant: string;
  readonly entry: number;
  readonly at: number;
  readonly fact: string;
}

/** A row as the entry it holds. @throws {BrokenDataError} */
export function decodeEntry({ tenant, entry, at, fact: text }: LedgerEntryRow): LedgerRow {
  const what = `ledger entry "${tenant}/${entry}"`;
  const fact = decodeObject<LedgerFact>(text, what, 'fact');
  const shape = Object.hasOwn(FACT_SHAPES, fact.kind) ? FACT_SHAPES[fact.kind] : undefined;
  const problem = shape ? problemWithShape(fact, shape) : '"kind" is missing or unknown';
  if (problem !== undefined) throw new BrokenDataError(what, `in its fact ${problem}`);
  return { tenant, entry, at, fact };
}
