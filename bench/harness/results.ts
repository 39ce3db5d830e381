import { cpus, loadavg } from 'node:os';
import type { Spread } from './statistics.ts';

/** Where and when something was measured. */
export interface Machine {
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  /** Processes that wanted to run in the minute before; more than there are cores make every number worse. */
  readonly loadAverage: number;
}

/** This machine now. */
export function thisMachine(): Machine {
  const [first] = cpus();
  return { node: process.version, cpu: first?.model ?? 'unknown', cores: cpus().length, loadAverage: loadavg()[0] ?? Number.NaN };
}

const NEVER = 'never';

function isSpread(value: unknown): value is Spread {
  return typeof value === 'object' && value !== null && Object.keys(value).join() === 'median,least,most';
}

function shorten(_name: string, value: unknown): unknown {
  if (isSpread(value)) return [value.median, value.least, value.most];
  if (typeof value !== 'number' || Number.isNaN(value)) return value;
  return Number.isFinite(value) ? Number(value.toPrecision(5)) : NEVER;
}

/** Whether there is a list of objects in it, at any depth. */
function hasRows(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return (Array.isArray(value) && typeof value[0] === 'object') || Object.values(value).some(hasRows);
}

/** JSON of five digits, a spread as `[median, least, most]`, with a line for each object that has no list of objects in it, so that two runs can be compared line by line. */
export function printResults(results: unknown, indent = ''): string {
  if (!hasRows(results)) return JSON.stringify(results, shorten);
  const inner = `${indent} `;
  const lines = (open: string, items: readonly string[], close: string) =>
    `${open}\n${inner}${items.join(`,\n${inner}`)}\n${indent}${close}`;
  if (Array.isArray(results)) {
    const items = results.map((item) => printResults(item, inner));
    return lines('[', items, ']');
  }
  const fields = Object.entries(results as object).filter(([, value]) => value !== undefined);
  const items = fields.map(([name, value]) => `${JSON.stringify(name)}: ${printResults(value, inner)}`);
  return lines('{', items, '}');
}

/** What {@link printResults} printed: `never` is infinity, null is no number, and three numbers are a spread. */
export function parseResults(text: string): Record<string, unknown> {
  return JSON.parse(text, (_name, value: unknown) => {
    if (value === NEVER) return Number.POSITIVE_INFINITY;
    if (value === null) return Number.NaN;
    if (!Array.isArray(value) || value.length !== 3 || !value.every((one) => typeof one === 'number')) return value;
    const [median, least, most] = value;
    return { median, least, most };
  }) as Record<string, unknown>;
}
