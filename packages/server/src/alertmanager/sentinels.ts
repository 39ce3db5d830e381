import { MASKED } from '@openkupe/contract';

/** Whether a value is a JSON object. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a value is the sentinel `<secret>`, or has it at any depth. */
export function holdsSentinel(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsSentinel);
  return isRecord(value) ? Object.values(value).some(holdsSentinel) : value === MASKED;
}

/** Canonical JSON: the same text for equal values, whatever the order of their fields. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (!isRecord(value)) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${canonicalText(inner)}`).join(',')}}`;
}

/** Whether a stored value is shown as the sentinel when it is masked. */
export const isStored = (value: unknown) => (typeof value === 'string' || typeof value === 'number') && value !== MASKED;

/** The way from a value to one inside it: names of fields and indices. */
export type Path = readonly (string | number)[];

/** The paths of all sentinels in a value. */
export function sentinelPaths(sent: unknown, path: Path = [], found: Path[] = []): readonly Path[] {
  if (sent === MASKED) found.push(path);
  else if (Array.isArray(sent)) for (const [at, inner] of sent.entries()) sentinelPaths(inner, [...path, at], found);
  else if (isRecord(sent)) for (const [key, inner] of Object.entries(sent)) sentinelPaths(inner, [...path, key], found);
  return found;
}

/** Whether a value is stored at a path. */
export function isStoredAt(stored: unknown, path: Path): boolean {
  let value = stored;
  for (const key of path) {
    const isThere = typeof key === 'number' ? Array.isArray(value) : isRecord(value);
    if (!isThere || !Object.hasOwn(value as object, key)) return false;
    value = (value as Record<string | number, unknown>)[key];
  }
  return isStored(value);
}
