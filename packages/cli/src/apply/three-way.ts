import { isDeepStrictEqual } from 'node:util';

type Fields = Readonly<Record<string, unknown>>;

/** Fields whose parts are compared and merged one by one, because a PATCH leaves the parts that it does not name as they are. */
const PARTED: readonly string[] = ['resources', 'labels'];

/** The values of one field: where the change began, what is there now, and what it is to become. `undefined` is absent. */
export interface FieldChange {
  /** `version`, `resources.memory`, `labels.env`. */
  readonly field: string;
  readonly base: unknown;
  readonly theirs: unknown;
  readonly yours: unknown;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields of an object by their paths; the parts of `resources` and `labels` are fields of their own. */
export function flatten(fields: Fields): Map<string, unknown> {
  const flat = new Map<string, unknown>();
  for (const [name, value] of Object.entries(fields)) {
    if (!PARTED.includes(name) || !isObject(value)) flat.set(name, value);
    else for (const [part, inner] of Object.entries(value)) flat.set(`${name}.${part}`, inner);
  }
  return flat;
}

/** Null is the same as absent, and so is an empty list: that is how the API clears a field. */
function isSame(one: unknown, other: unknown): boolean {
  const plain = (value: unknown) => (value === null || (Array.isArray(value) && value.length === 0) ? undefined : value);
  return isDeepStrictEqual(plain(one), plain(other));
}

/** The fields of `yours` that differ from `base`. A field that `yours` does not have stays as it is. */
export function changesOf(base: Fields, yours: Fields): FieldChange[] {
  const before = flatten(base);
  return [...flatten(yours)]
    .map(([field, value]) => ({ field, base: before.get(field), theirs: before.get(field), yours: value }))
    .filter((change) => !isSame(change.base, change.yours));
}

/** What merging your changes into what is there now comes to. */
export interface Merge {
  /** The patch that makes your changes; undefined when there is nothing left to change. */
  readonly patch: Record<string, unknown> | undefined;
  /** Fields that another client changed meanwhile to something else than you. */
  readonly conflicts: readonly FieldChange[];
}

/** A patch of fields by their paths. */
export function patchOf(changes: readonly FieldChange[]): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  for (const { field, yours } of changes) {
    const name = PARTED.find((parted) => field.startsWith(`${parted}.`));
    if (name === undefined) patch[field] = yours ?? null;
    else patch[name] = { ...(patch[name] as Fields | undefined), [field.slice(name.length + 1)]: yours ?? null };
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** Merges changes that began at their `base` into `theirs`, what is there now. */
export function merge(changes: readonly FieldChange[], theirs: Fields): Merge {
  const now = flatten(theirs);
  const left = changes
    .map((change) => ({ ...change, theirs: now.get(change.field) }))
    .filter((change) => !isSame(change.theirs, change.yours));
  return {
    patch: patchOf(left),
    conflicts: left.filter((change) => !isSame(change.base, change.theirs)),
  };
}
