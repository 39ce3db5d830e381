/** A value of a column, as both stores hold it: text, a whole number, or nothing. */
export type Cell = string | number | null;
/** The cells of a row, in the order of the columns that were asked for. */
export type Row = readonly Cell[];

/** A table by the name that it has in backups, with all its columns. */
export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
}

/** The last number given out of each persisted sequence, by its name; `revision` and `fence` among them. */
export type Sequences = Readonly<Record<string, number>>;

/** What can be read row by row. */
export interface ReadableTables {
  /** In the order of their names. */
  readonly tables: readonly Table[];
  /** The rows of a table by its primary key, text compared by its bytes: the same order in every store. Few at a time. */
  rows(table: string, columns: readonly string[]): AsyncIterable<readonly Row[]>;
}

/** Everything in a store at one moment, whatever is written meanwhile. */
export interface StoreSnapshot extends ReadableTables {
  readonly kind: 'sqlite' | 'postgresql';
  readonly sequences: Sequences;
  /** What the store itself finds damaged below its rows, a sentence each. */
  damagedPages(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** An empty store that is filled; nothing of it is to be seen before {@link StoreToFill.finish}. */
export interface StoreToFill extends ReadableTables {
  insert(table: string, columns: readonly string[], rows: readonly Row[]): Promise<void>;
  /** Makes what was inserted durable, with numbers that go on from these. The last call. */
  finish(sequences: Sequences): Promise<void>;
  /** Leaves the store empty. The last call, where {@link StoreToFill.finish} was not reached or failed. */
  abandon(): Promise<void>;
}

/** What cannot be transferred, and what to do: a sentence for an operator. */
export class TransferError extends Error {
  override readonly name = 'TransferError';
}

/** Rows that are read and written at a time. */
export const BATCH_ROWS = 200;

/**
 * Work is due, and leased, by a clock that ends with its process (SQLite) or belongs to one database (PostgreSQL): elsewhere every item is due at
 * once and leased by no process, as after a start.
 */
const BOUND_TO_CLOCK: Readonly<Record<string, Readonly<Record<string, Cell>>>> = { work: { ready_at: 0, woken_at: 0, owner: null } };

/** PostgreSQL's text holds no NUL, and UTF-8 no lone surrogate; both become U+FFFD. JSON escapes them, so only text that people read can hold any. */
export const storableText = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD');
const storable = (cell: Cell) => (typeof cell === 'string' ? storableText(cell) : cell);

/** Returns what makes rows that were read from a store mean the same in another one. */
export function portableRow(table: string, columns: readonly string[]): (row: Row) => Row {
  const reset = BOUND_TO_CLOCK[table] ?? {};
  const isReset = columns.map((column) => Object.hasOwn(reset, column));
  return (row) => row.map((cell, index) => (isReset[index] ? (reset[columns[index] ?? ''] ?? null) : storable(cell)));
}

/** Groups the columns of a schema by their tables, without the tables that are `leftOut`. `nameOf`: the name of a table in backups. */
export function tablesOf<Column extends { readonly table: string; readonly name: string }>(
  columns: readonly Column[],
  leftOut: readonly string[],
  nameOf = (table: string) => table,
): { readonly kept: ReadonlyMap<string, readonly Column[]>; readonly tables: readonly Table[] } {
  const kept = Map.groupBy(
    columns.filter(({ table }) => !leftOut.includes(table)),
    ({ table }) => nameOf(table),
  );
  const tables = [...kept].map(([name, found]) => ({ name, columns: found.map((column) => column.name) }));
  return { kept, tables: tables.sort((one, other) => (one.name < other.name ? -1 : 1)) };
}

/** An identifier in SQL of both stores. */
export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
