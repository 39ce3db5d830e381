import type { Format } from './format.ts';
import type { Field, Result, View } from './result.ts';

type AnyView = View<unknown>;

async function yaml(value: unknown): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(value, { lineWidth: 0 });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function shown(view: AnyView, where: 'list' | 'object', format: Format): Field<unknown>[] {
  return view.fields.filter((field) => field[where] === undefined || (field[where] === 'wide' && format === 'wide'));
}

async function rows(view: AnyView, items: readonly unknown[], where: 'list' | 'object', format: Format, nowMs: number): Promise<string> {
  const { printTable, printLines } = await import('./table.ts');
  const fields = shown(view, where, format);
  const cells = items.map((item) => fields.map((field) => field.value(item, nowMs)));
  const titles = fields.map((field) => field.title);
  return where === 'list' ? printTable(titles, cells) : printLines(titles, cells[0] ?? []);
}

/**
 * The bytes of stdout for a result. They depend on the result, the format and (for ages) the time; never on a terminal, a width or a
 * locale. Lists are the API's own `{items}` in JSON and YAML.
 */
export async function render(result: Result, format: Format, nowMs: number): Promise<string> {
  switch (result.kind) {
    case 'nothing':
    case 'exit':
      return '';
    case 'document':
      return format === 'json' ? json(result.value) : result.text;
    case 'list':
    case 'object': {
      const view = result.view as AnyView;
      const items = result.kind === 'list' ? result.items : [result.item];
      const value = result.kind === 'list' ? { items } : result.item;
      if (format === 'json') return json(value);
      if (format === 'yaml') return yaml(value);
      if (format === 'name') return items.map((item) => `${view.kind === '' ? '' : `${view.kind}/`}${view.nameOf(item)}\n`).join('');
      return rows(view, items, result.kind, format, nowMs);
    }
  }
}
