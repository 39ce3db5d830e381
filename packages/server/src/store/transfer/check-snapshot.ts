import { BrokenDataError } from '../broken-data.ts';
import { decodeKnownTime } from '../known-time.ts';
import { decodeEntry, type LedgerEntryRow } from '../ledger-row.ts';
import { decodeResource, type ResourceRow } from '../resource-row.ts';
import { createRowDigest, type Part, tableParts } from './parts.ts';
import type { Cell, StoreSnapshot } from './portable-store.ts';

/** Problems that are named; more are counted. */
const MOST_NAMED = 100;

/** What was found in a store. */
export interface CheckedSnapshot {
  readonly counts: Readonly<Record<string, number>>;
  /** A sentence each, at most {@link MOST_NAMED}. Never what a row holds. */
  readonly problems: readonly string[];
  /** Problems that are not named any more. */
  readonly more: number;
  /** The value of the row by which the store recognises the secrets of its installation. */
  readonly secretsCheck: string | undefined;
}

type Named = Readonly<Record<string, Cell>>;

/** What throws {@link BrokenDataError} for a row of a table that cannot be read. */
const DECODERS: Readonly<Record<string, (row: Named) => unknown>> = {
  resource: (row) => decodeResource(row as unknown as ResourceRow),
  ledger: (row) => decodeEntry(row as unknown as LedgerEntryRow),
  installation: ({ name, value }) => name === 'known-time' && decodeKnownTime(String(value)),
};

/** Columns that hold numbers of a sequence: none may be ahead of it, or the number would be given out again. */
const NUMBERED: Readonly<Record<string, readonly (readonly [column: string, sequence: string])[]>> = {
  resource: [['version', 'revision']],
  audit: [['revision', 'revision']],
  event: [['revision', 'revision']],
  work: [['fence', 'fence']],
};

/** Finds gaps in the entries of each tenant's ledger, which are numbered from 1 on and read in their order. */
function createGapFinder() {
  let last = { tenant: '', entry: 0 };
  return ({ tenant, entry }: Named): string | undefined => {
    const expected = tenant === last.tenant ? last.entry + 1 : 1;
    last = { tenant: String(tenant), entry: Number(entry) };
    return entry === expected ? undefined : `The ledger of tenant "${tenant}" goes on with entry ${entry} where ${expected} is missing`;
  };
}

function* problemsOf(table: string, row: Named, sequences: StoreSnapshot['sequences'], findGap: (row: Named) => string | undefined) {
  try {
    DECODERS[table]?.(row);
  } catch (error) {
    if (!(error instanceof BrokenDataError)) throw error;
    yield error.message;
  }
  for (const [column, sequence] of NUMBERED[table] ?? []) {
    if (Number(row[column]) <= Number(sequences[sequence])) continue;
    yield `A row of "${table}" has ${column} ${row[column]}, which is ahead of the last ${sequence} ${sequences[sequence]}`;
  }
  const gap = table === 'ledger' ? findGap(row) : undefined;
  if (gap !== undefined) yield gap;
}

/** Reads every row once, decodes those that hold JSON, and compares numbers with their sequences. Changes nothing. `passed`: may end the reading. */
export async function checkSnapshot(
  snapshot: StoreSnapshot,
  passed: (parts: AsyncIterable<Part>) => AsyncIterable<Part>,
): Promise<CheckedSnapshot> {
  const problems: string[] = [];
  let more = 0;
  const note = (problem: string) => {
    if (problems.length < MOST_NAMED) problems.push(problem);
    else more += 1;
  };
  for (const text of await snapshot.damagedPages()) note(`The pages of the database: ${text}`);
  const digest = createRowDigest();
  const findGap = createGapFinder();
  let secretsCheck: string | undefined;
  let table = '';
  let columns: readonly string[] = [];
  for await (const part of passed(tableParts(snapshot))) {
    digest.add(part);
    if (part.kind === 'table') ({ name: table, columns } = part.table);
    if (part.kind !== 'rows') continue;
    for (const cells of part.rows) {
      const row: Named = Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? null]));
      for (const problem of problemsOf(table, row, snapshot.sequences, findGap)) note(problem);
      if (table === 'installation' && row.name === 'secrets-check') secretsCheck = String(row.value);
    }
  }
  return { counts: digest.digest().counts, problems, more, secretsCheck };
}
