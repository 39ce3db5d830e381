import { cpus, loadavg } from 'node:os';

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

function shorten(_name: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isNaN(value)) return value;
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : NEVER;
}

/** Whether there is a list of objects in it, at any depth. */
function hasRows(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return (Array.isArray(value) && typeof value[0] === 'object') || Object.values(value).some(hasRows);
}

/** JSON of four digits with a line for each object that has no list of objects in it, so that two runs can be compared line by line. */
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

/** What {@link printResults} printed: `never` is infinity, null is no number. */
export function parseResults(text: string): Record<string, unknown> {
  return JSON.parse(text, (_name, value: unknown) => {
    if (value === NEVER) return Number.POSITIVE_INFINITY;
    return value === null ? Number.NaN : value;
  }) as Record<string, unknown>;
}
