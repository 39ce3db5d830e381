import { type AuditedField, LIMITS } from '@openkupe/contract';
import type { FieldValues } from './field-values.ts';

const textOf = (value: unknown) => JSON.stringify(value) ?? '';

/** What stands at a pointer; nothing for an empty list or object in place of which the other side has items. */
function valueAt(pointer: string, values: FieldValues, other: FieldValues): unknown {
  const value = values.get(pointer);
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return isEmpty && [...other.keys()].some((one) => one.startsWith(`${pointer}/`)) ? undefined : value;
}

/** The fields whose values differ, in the order in which they stand. */
export function movedFields(before: FieldValues, after: FieldValues): AuditedField[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((pointer) => {
    const [was, is] = [valueAt(pointer, before, after), valueAt(pointer, after, before)];
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
