import type { Printing } from './printing.ts';
import type { Result, View } from './result.ts';

type AnyView = View<unknown>;

async function yaml(value: unknown): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(value, { lineWidth: 0 });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

async function found(value: unknown, query: string): Promise<string> {
  const { nodeText, queryJson } = await import('./json-path.ts');
  return (await queryJson(value, query)).map((node) => `${nodeText(node)}\n`).join('');
}

interface Rows {
  readonly view: AnyView;
  readonly items: readonly unknown[];
  readonly where: 'list' | 'object';
}

async function rows({ view, items, where }: Rows, { format, columns, hasHeader }: Printing, nowMs: number): Promise<string> {
  const [{ printTable, printLines }, { columnsOf }] = await Promise.all([import('./table.ts'), import('./columns.ts')]);
  const shown = columnsOf(view, where, format === 'wide', columns);
  const byColumn = await Promise.all(shown.map((column) => column.cells(items, nowMs)));
  const cells = items.map((_, index) => byColumn.map((column) => column[index]));
  const titles = shown.map((column) => column.title);
  if (where === 'object') return printLines(titles, cells[0] ?? []);
  return printTable(hasHeader ? titles : undefined, cells);
}

/** `cluster/production`; the name alone where the items are of several kinds, and name theirs. */
export function nameLine({ kind, nameOf }: AnyView, item: unknown): string {
  return `${kind === '' ? '' : `${kind}/`}${nameOf(item)}\n`;
}

/**
 * The bytes of stdout for a result. They depend on the result, how it is to be printed and (for ages) the time; never on a terminal, a
 * width or a locale. Lists are the API's own `{items}` in JSON and YAML.
 */
export async function render(result: Result, printing: Printing, nowMs: number): Promise<string> {
  const { format, query, sortBy } = printing;
  switch (result.kind) {
    case 'nothing':
    case 'exit':
      return '';
    case 'document':
      if (query !== undefined) return found(result.value, query);
      return format === 'json' ? json(result.value) : result.text;
    case 'list':
    case 'object': {
      const view = result.view as AnyView;
      const given = result.kind === 'list' ? result.items : [result.item];
      const items = sortBy === undefined ? given : await (await import('./columns.ts')).sorted(given, view, sortBy, nowMs);
      const value = result.kind === 'list' ? { items } : result.item;
      if (query !== undefined) return found(value, query);
      if (format === 'json') return json(value);
      if (format === 'yaml') return yaml(value);
      if (format === 'name') return items.map((item) => nameLine(view, item)).join('');
      return rows({ view, items, where: result.kind }, printing, nowMs);
    }
  }
}
