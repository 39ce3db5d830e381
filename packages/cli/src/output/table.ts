import { printable } from '../terminal/printable.ts';
import { padded, width } from '../terminal/width.ts';
import type { Cell } from './result.ts';

const GAP = '  ';

/** A field of another type than its contract says is shown as JSON has it. */
function cell(value: Cell): string {
  if (value === null || value === undefined || value === '') return '-';
  return printable(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

function columnWidths(lines: readonly (readonly string[])[]): number[] {
  const first = lines[0] ?? [];
  return first.map((_, column) => Math.max(...lines.map((line) => width(line[column] ?? ''))));
}

/** A table with a header, two spaces between columns, and no spaces at the ends of lines. */
export function printTable(titles: readonly string[] | undefined, rows: readonly (readonly Cell[])[]): string {
  const lines = [...(titles ? [titles] : []), ...rows.map((row) => row.map(cell))];
  const widths = columnWidths(lines);
  const line = (cells: readonly string[]) => cells.map((text, column) => padded(text, widths[column] ?? 0)).join(GAP);
  return lines.map((cells) => `${line(cells).trimEnd()}\n`).join('');
}

/** One object as lines of title and value. */
export function printLines(titles: readonly string[], cells: readonly Cell[]): string {
  const column = Math.max(0, ...titles.map(width));
  return titles.map((title, row) => `${padded(title, column)}${GAP}${cell(cells[row])}\n`).join('');
}
