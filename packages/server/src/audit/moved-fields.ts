import { type AuditedField, LIMITS } from '@openkupe/contract';

/** The values of something by where they stand: JSON Pointers as URI fragments (RFC 6901 §6), such as `#/resources/cpu`. */
type FieldValues = ReadonlyMap<string, unknown>;

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
function fieldValues(object: object, depth: number): FieldValues {
  const values = new Map<string, unknown>();
  for (const [name, value] of Object.entries(object)) collect(value, `#/${segment(name)}`, depth - 1, values);
  return values;
}

const textOf = (value: unknown) => JSON.stringify(value) ?? '';

/** What stands at a pointer; nothing for an empty list or object in place of which the other side has items. */
function valueAt(pointer: string, values: FieldValues, other: FieldValues): unknown {
  const value = values.get(pointer);
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return isEmpty && [...other.keys()].some((one) => one.startsWith(`${pointer}/`)) ? undefined : value;
}

/** The fields whose values differ, down to `depth` levels, in the order in which they stand. */
export function movedFields(before: object, after: object, depth: number): AuditedField[] {
  const [old, present] = [fieldValues(before, depth), fieldValues(after, depth)];
  return [...new Set([...old.keys(), ...present.keys()])].flatMap((pointer) => {
    const [was, is] = [valueAt(pointer, old, present), valueAt(pointer, present, old)];
    if (textOf(was) === textOf(is)) return [];
    return [{ pointer, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) }];
  });
}

/**
 * The same within the bounds of a row: values that are too long, alone or together, are withheld, and what is more than the most fields is one
 * entry about the whole (`#`).
 */
export function boundedFields(fields: readonly AuditedField[]): AuditedField[] {
  let bytes = 0;
  const bounded = fields.slice(0, LIMITS.auditFields).map((field): AuditedField => {
    const sizes = [field.before, field.after].map((value) => Buffer.byteLength(textOf(value)));
    const size = sizes.reduce((sum, one) => sum + one, 0);
    if (Math.max(...sizes) > LIMITS.auditValueBytes || bytes + size > LIMITS.auditBytes)
      return { pointer: field.pointer, withheld: 'size' };
    bytes += size;
    return field;
  });
  return fields.length > LIMITS.auditFields ? [...bounded, { pointer: '#', withheld: 'size' }] : bounded;
}
