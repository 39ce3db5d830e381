import type { Row, Spread } from './measure.ts';

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

export function spread({ median, least, most }: Spread, print = plain): string {
  return print(least) === print(most) ? print(median) : `${print(median)} (${print(least)}–${print(most)})`;
}

/** A Markdown table of `lines`, the first of which are the headings. */
export function markdown([headings = [], ...lines]: readonly (readonly string[])[]): string {
  return [headings, headings.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
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
  return markdown([['client', ...columns], ...rows.map(line)]);
}
