import { MASKED } from '@openkupe/contract';
import { counterparts } from './list-counterparts.ts';
import { isRecord, isStored } from './sentinels.ts';
import { type Shape, shapeBelow } from './shapes.ts';

/** `undefined`, which JSON does not have, for a sentinel that stands for nothing. */
function restored(sent: unknown, stored: unknown, shape: Shape | undefined, path: string): unknown {
  if (sent === MASKED) return isStored(stored) ? stored : undefined;
  if (Array.isArray(sent)) {
    const before = counterparts(sent, Array.isArray(stored) ? stored : [], shape, path);
    return sent.map((inner, at) => restored(inner, before[at], shape, `${path}.${at}`)).filter((inner) => inner !== undefined);
  }
  if (!isRecord(sent)) return sent;
  const before = isRecord(stored) ? stored : {};
  const entries = Object.entries(sent).map(([key, inner]) => {
    if (typeof inner !== 'object' && inner !== MASKED) return [key, inner] as const;
    const counterpart = Object.hasOwn(before, key) ? before[key] : undefined;
    const shown = key.slice(0, 60);
    return [key, restored(inner, counterpart, shapeBelow(shape, key), path === '' ? shown : `${path}.${shown}`)] as const;
  });
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
}

/**
 * What was sent, with every `<secret>` replaced by the stored value that it masks: the inverse of {@link mask}. A sentinel without a stored
 * value, as in a new receiver, is dropped: the field, or the element of a list, is left out. Refuses with 400 where the entry of a list is
 * ambiguous.
 */
export function restore<Value>(sent: Value, stored: unknown, shape: Shape): Value {
  return restored(sent, stored, shape, '') as Value;
}
