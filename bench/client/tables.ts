import type { Spread } from '../harness/statistics.ts';
import { markdown, range } from '../harness/table.ts';
import type { Row } from './measure.ts';

function digitsFor(size: number): number {
  if (size < 10) return 2;
  // NOTE: a share of 99.6 % must not be printed as 100.
  return size > 99 && size < 100 ? 2 : 0;
}

/** Few digits, so that a table can be read. */
export function plain(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toFixed(digitsFor(Math.abs(value))))) : 'never';
}

/** Three decimals, for what is held against a target of two. */
export function exact(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toFixed(3))) : 'never';
}

/** The median with the range in parentheses, in few digits. */
export function spread(value: Spread, print = plain): string {
  return range(value, print);
}

export interface RowsShown {
  /** The measures that get a column; all of the first row when absent. */
  readonly columns?: readonly string[];
  /** What the first column calls a row. */
  readonly label?: (row: Row) => string;
}

function seedsOf({ seedsFrom, seeds }: Row): string {
  return `${seedsFrom}–${seedsFrom + seeds - 1}`;
}

/** Says who it is, and with which seeds when they are not the usual ones. */
export function labelOf(row: Row): string {
  return row.seedsFrom === 1 ? row.client : `${row.client}, seeds ${seedsOf(row)}`;
}

/** One line per row; ours stand out. A measure that a row does not have is left empty. */
export function rowsTable(
  rows: readonly Row[],
  { columns = Object.keys(rows[0]?.measures ?? {}), label = labelOf }: RowsShown = {},
): string {
  const line = (row: Row) => {
    const name = row.client === 'openkupe' ? `**${label(row)}**` : label(row);
    return [name, ...columns.map((column) => (row.measures[column] ? spread(row.measures[column]) : ''))];
  };
  return markdown(['client', ...columns], rows.map(line));
}
