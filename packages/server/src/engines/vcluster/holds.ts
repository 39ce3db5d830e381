import { compareQuantities, parseQuantity } from '@openkupe/contract';

/** Whether two texts say the same: API servers print a quantity in a form of their own (`1000m` as `1`). */
function isSame(live: unknown, wanted: unknown): boolean {
  if (live === wanted) return true;
  const [one, other] = [parseQuantity(String(live)), parseQuantity(String(wanted))];
  return one !== undefined && other !== undefined && compareQuantities(one, other) === 0;
}

/**
 * Whether an object holds everything that is wanted of it. Fields that are not wanted are of others: defaults, status, annotations. A list has to
 * have the wanted length; an empty object, list or text is held by an absent field, because API servers leave those out.
 */
export function holds(live: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    const list = Array.isArray(live) ? live : [];
    return list.length === wanted.length && wanted.every((item, at) => holds(list[at], item));
  }
  if (typeof wanted === 'object' && wanted !== null) {
    const fields = (typeof live === 'object' && live !== null ? live : {}) as Record<string, unknown>;
    return Object.entries(wanted).every(([name, value]) => value === undefined || holds(fields[name], value));
  }
  return wanted === '' ? live === undefined || live === '' : isSame(live, wanted);
}
