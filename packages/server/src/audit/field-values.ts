/** The values of something by where they stand: JSON Pointers as URI fragments (RFC 6901 §6), such as `#/resources/cpu`. */
export type FieldValues = ReadonlyMap<string, unknown>;

/** Longest name in a pointer, in characters. */
const NAME_LENGTH = 100;
const segment = (name: string) => encodeURI(name.slice(0, NAME_LENGTH).replaceAll('~', '~0').replaceAll('/', '~1').toWellFormed());

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The name of an item of a list, by which it is known wherever it stands. */
function keyOf(item: unknown): string | undefined {
  const key = isRecord(item) ? (item.name ?? item.email) : undefined;
  return typeof key === 'string' ? key : undefined;
}

/** The parts of a value that have names; `undefined` for what is one value. */
function partsOf(value: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (Array.isArray(value)) {
    const keys = value.map(keyOf);
    const areKeys = keys.length > 0 && keys.every((key) => key !== undefined) && new Set(keys).size === keys.length;
    return areKeys ? value.map((item, index) => [keys[index] ?? '', item]) : undefined;
  }
  const parts = isRecord(value) ? Object.entries(value) : [];
  return parts.length > 0 ? parts : undefined;
}

/** Adds what is in `value`, at most `depth` levels below `pointer`. */
function collect(value: unknown, pointer: string, depth: number, into: Map<string, unknown>): void {
  if (value === undefined) return;
  const parts = depth > 0 ? partsOf(value) : undefined;
  if (!parts) into.set(pointer, value);
  else for (const [name, part] of parts) collect(part, `${pointer}/${segment(name)}`, depth - 1, into);
}

/** The values in an object, down to `depth` levels; items of lists are known by their `name` or `email`, if all have one. */
export function fieldValues(object: Readonly<Record<string, unknown>>, depth: number): FieldValues {
  const values = new Map<string, unknown>();
  for (const [name, value] of Object.entries(object)) collect(value, `#/${segment(name)}`, depth - 1, values);
  return values;
}
