import { createHash } from 'node:crypto';
import type { ReadableTables, Row, StoreToFill, Table } from './portable-store.ts';
import { TransferError } from './portable-store.ts';

/** What a backup consists of, in its order: each table before its rows, files of the data folder last. */
export type Part =
  | { readonly kind: 'table'; readonly table: Table }
  | { readonly kind: 'rows'; readonly rows: readonly Row[] }
  | { readonly kind: 'file'; readonly file: SealedFile };

/** A file of the data folder, sealed with the answer key of the installation. */
export interface SealedFile {
  /** Relative to the data folder, with a slash. */
  readonly path: string;
  readonly sealed: string;
}

/** What was transferred, to be compared: the rows of each table, and the SHA-256 of all of them. */
export interface RowDigest {
  readonly counts: Readonly<Record<string, number>>;
  readonly sha256: string;
}

/** Tables and their rows; all that there are, or those that are named. */
export async function* tableParts(from: ReadableTables, tables = from.tables): AsyncGenerator<Part> {
  for (const table of tables) {
    yield { kind: 'table', table };
    for await (const rows of from.rows(table.name, table.columns)) yield { kind: 'rows', rows };
  }
}

/** Counts and hashes rows, table by table. */
export function createRowDigest() {
  const hash = createHash('sha256');
  const counts: Record<string, number> = {};
  let current = '';
  return {
    add(part: Part): void {
      if (part.kind === 'table') {
        current = part.table.name;
        counts[current] = 0;
        hash.update(`${JSON.stringify(part.table)}\n`);
      }
      if (part.kind !== 'rows') return;
      counts[current] = (counts[current] ?? 0) + part.rows.length;
      for (const row of part.rows) hash.update(`${JSON.stringify(row)}\n`);
    },
    digest: (): RowDigest => ({ counts, sha256: hash.digest('hex') }),
  };
}

function requireKnown(target: StoreToFill, { name, columns }: Table): void {
  const known = target.tables.find((table) => table.name === name);
  const unknown = columns.find((column) => !known?.columns.includes(column));
  if (known && unknown === undefined) return;
  const what = known ? `the column "${unknown}" of the table "${name}"` : `the table "${name}"`;
  throw new TransferError(`This release does not know ${what}; use the release that made it, or a newer one`);
}

/**
 * Inserts the rows, and hands files to `takeFile`. Columns that this release has added get their defaults. Returns what was inserted.
 *
 * @throws {TransferError} for a table or column that this release does not know.
 */
export async function fillStore(
  target: StoreToFill,
  parts: AsyncIterable<Part>,
  takeFile: (file: SealedFile) => Promise<void>,
): Promise<RowDigest & { readonly tables: readonly Table[] }> {
  const digest = createRowDigest();
  const tables: Table[] = [];
  for await (const part of parts) {
    digest.add(part);
    if (part.kind === 'file') await takeFile(part.file);
    else if (part.kind === 'table') {
      requireKnown(target, part.table);
      tables.push(part.table);
    } else {
      const table = tables.at(-1);
      if (!table) throw new TransferError('The backup has rows before the first table, so it was altered; use another one');
      await target.insert(table.name, table.columns, part.rows);
    }
  }
  return { ...digest.digest(), tables };
}

/** Reads back what was inserted. @throws {TransferError} where it is not what was read. */
export async function verifyFilled(target: StoreToFill, filled: RowDigest & { readonly tables: readonly Table[] }): Promise<void> {
  const digest = createRowDigest();
  for await (const part of tableParts(target, filled.tables)) digest.add(part);
  if (digest.digest().sha256 === filled.sha256) return;
  throw new TransferError('What was written reads back differently (disk or memory at fault?); nothing was restored, try another machine');
}
