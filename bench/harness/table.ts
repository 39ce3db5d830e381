import type { Compared } from './alternate.ts';
import type { Spread } from './statistics.ts';

/** A number with three digits, larger ones whole with a space between the thousands; `–` for NaN, `never` for infinity. */
export function digits(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return 'never';
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en').replaceAll(',', ' ');
  return String(Number(value.toPrecision(3)));
}

/** Two decimals, for a ratio. */
export function ratio(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : digits(value);
}

/** A share of 1 in percent; what is not all of it is never rounded up to 100. */
export function percent(share: number): string {
  const places = share > 0.99 && share < 1 ? 2 : 1;
  return Number.isNaN(share) ? '–' : `${Number((share * 100).toFixed(places))} %`;
}

/** The median with the range in parentheses, where there is one. */
export function range({ median, least, most }: Spread, print: (value: number) => string = digits): string {
  return print(least) === print(most) ? print(median) : `${print(median)} (${print(least)}–${print(most)})`;
}

/** A Markdown table. */
export function markdown(headings: readonly string[], lines: readonly (readonly string[])[]): string {
  return [headings, headings.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The name of a contestant as a cell: ours stands out. */
export function contestant(name: string): string {
  return name === 'openkupe' ? '**openkupe**' : name;
}

/** One line per contestant: the ratios of the measure `first` to the baseline, then the values of every measure under its heading. */
export function ratiosTable<Name extends string>(
  rows: readonly Compared<Name>[],
  first: NoInfer<Name>,
  headings: Readonly<Record<Name, string>>,
): string {
  const names = Object.keys(headings) as Name[];
  const lines = rows.map(({ name, values, ratios }) => [
    contestant(name),
    range(ratios[first], ratio),
    ...names.map((measure) => range(values[measure])),
  ]);
  return markdown(['', `ratio of ${headings[first]}`, ...names.map((name) => headings[name])], lines);
}
