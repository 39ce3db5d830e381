import { misuse } from '../failure/failure.ts';
import { nodeText, queryJson } from './json-path.ts';
import type { Cell, Field, View } from './result.ts';

/** A column of a table. */
export interface Column {
  readonly title: string;
  cells(items: readonly unknown[], nowMs: number): Promise<Cell[]>;
}

const fieldColumn = ({ title, value }: Field<unknown>): Column => ({
  title,
  cells: async (items, nowMs) => items.map((item) => value(item, nowMs)),
});

const queryColumn = (title: string, query: string): Column => ({
  title,
  cells: (items) => Promise.all(items.map(async (item) => (await queryJson(item, query)).map(nodeText).join(','))),
});

function columnNamed(text: string, { fields }: View<unknown>): Column {
  const [, title, query] = /^([^:]+):(.+)$/s.exec(text) ?? [];
  if (title !== undefined && query !== undefined) return queryColumn(title, query);
  const field = fields.find((one) => one.title.toLowerCase() === text.trim().toLowerCase());
  if (field) return fieldColumn(field);
  const known = fields.map((one) => one.title).join(', ');
  throw misuse(`There is no column ${JSON.stringify(text)}; there are ${known}, and TITLE:.path for a field of the API.`);
}

/** Commas divide columns, but for those in the brackets of a query. */
function splitColumns(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const char of text) {
    if (char === '[' || char === '(') depth += 1;
    if (char === ']' || char === ')') depth -= 1;
    if (char === ',' && depth === 0) parts.push('');
    else parts.push(`${parts.pop()}${char}`);
  }
  return parts;
}

/** The columns that `--columns` names, or else those that the format has. */
export function columnsOf(view: View<unknown>, where: 'list' | 'object', isWide: boolean, chosen: string | undefined): Column[] {
  if (chosen !== undefined) return splitColumns(chosen).map((text) => columnNamed(text, view));
  return view.fields.filter((field) => field[where] === undefined || (field[where] === 'wide' && isWide)).map(fieldColumn);
}

function compare(one: Cell, other: Cell): number {
  const [left, right] = [one ?? '', other ?? ''];
  const areNumbers = [left, right].every((cell) => cell !== '' && Number.isFinite(Number(cell)));
  if (areNumbers) return Number(left) - Number(right);
  const [first, second] = [String(left), String(right)];
  return first === second ? 0 : first < second ? -1 : 1;
}

/** The items in the order of a column, or of a query that begins with a dot; `-` before it turns the order around. */
export async function sorted(items: readonly unknown[], view: View<unknown>, sortBy: string, nowMs: number): Promise<unknown[]> {
  const by = sortBy.replace(/^-/, '');
  const column = /^[.$[{]/.test(by) ? queryColumn(by, by) : columnNamed(by, view);
  const keys = await column.cells(items, nowMs);
  const order = sortBy.startsWith('-') ? -1 : 1;
  return items
    .map((item, index) => [item, keys[index]] as const)
    .sort(([, one], [, other]) => order * compare(one, other))
    .map(([item]) => item);
}
