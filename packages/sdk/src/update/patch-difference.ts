type Fields = Readonly<Record<string, unknown>>;

function isPlainObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether two JSON values are equal, whatever the order of their fields. */
export function isEqualJson(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((value, index) => isEqualJson(value, other[index]));
  if (!isPlainObject(one) || !isPlainObject(other)) return one === other;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => name in other && isEqualJson(one[name], other[name]));
}

/** Fields whose parts are merged one by one: what a PATCH leaves out keeps its value, and `{}` clears all. */
const MERGED_FIELDS: readonly string[] = ['resources'];

function isMerged(name: string, wanted: unknown): wanted is Fields {
  return MERGED_FIELDS.includes(name) && isPlainObject(wanted) && Object.keys(wanted).length > 0;
}

/** A list that was cleared comes back empty or not at all. */
function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

/** Whether `current` already is what `patch` asks for, so that writing it would change nothing. */
export function alreadyHas(current: object, patch: object): boolean {
  return Object.entries(patch).every(([name, wanted]) => {
    const present = (current as Fields)[name];
    if (wanted === undefined || (isNothing(wanted) && isNothing(present))) return true;
    return isMerged(name, wanted) && isPlainObject(present) ? alreadyHas(present, wanted) : isEqualJson(present, wanted);
  });
}

/** What `current` becomes when the server applies `patch` to it. */
export function applied<T extends object>(current: T, patch: object): T {
  const merged: Record<string, unknown> = { ...(current as Fields) };
  for (const [name, wanted] of Object.entries(patch)) {
    if (wanted === undefined) continue;
    const present = merged[name];
    merged[name] = isMerged(name, wanted) && isPlainObject(present) ? { ...present, ...wanted } : wanted;
  }
  return merged as T;
}
