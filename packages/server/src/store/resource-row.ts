import { BrokenDataError } from './broken-data.ts';
import type { Kind, Kinds, Resource, ResourceKey } from './resource.ts';
import { problemWithShape, RESOURCE_SHAPES } from './shapes.ts';
import type { ListedKey } from './store.ts';

/** A row of `resource`, whose spec and status are JSON text. */
export interface ResourceRow {
  readonly kind: string;
  readonly tenant: string;
  readonly name: string;
  readonly uid: string;
  readonly version: number;
  readonly observation: number;
  readonly generation: number;
  readonly created_at: number;
  readonly deleted_at: number | null;
  readonly spec: string;
  readonly observed: string;
}

/** The columns of `key`, in the order in which every statement binds them. */
export function keyColumns(key: ResourceKey): [kind: string, tenant: string, name: string] {
  return [key.kind, key.tenant, key.name];
}

/** The key in the columns of a row. */
export function decodeKey<K extends Kind>(row: { readonly kind: string; readonly tenant: string; readonly name: string }): ResourceKey<K> {
  return { kind: row.kind as K, tenant: row.tenant, name: row.name };
}

/** The identity in the columns of a row. */
export function listedKey<K extends Kind>(row: Pick<ResourceRow, 'kind' | 'tenant' | 'name' | 'deleted_at'>): ListedKey<K> {
  return { ...decodeKey<K>(row), ...(row.deleted_at === null ? {} : { deletedAt: row.deleted_at }) };
}

/** A spec or status as the JSON text of its column. */
export function encodeHalf<K extends Kind>(half: Kinds[K]['spec'] | Kinds[K]['observed']): string {
  return JSON.stringify(half);
}

/** Parses a column that holds a JSON object. @throws {BrokenDataError} that names `what`, never the text. */
export function decodeObject<T extends object>(text: string, what: string, column: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BrokenDataError(what, `its ${column} is not JSON`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BrokenDataError(what, `its ${column} is no JSON object`);
  return value as T;
}

function describeRow({ kind, tenant, name }: Pick<ResourceRow, 'kind' | 'tenant' | 'name'>): string {
  return `${kind} "${kind === 'tenant' || tenant === '' ? name : `${tenant}/${name}`}"`;
}

/** Parses the spec or status of a row. @throws {BrokenDataError} also where a field is missing that every use of it relies on. */
function decodeHalf<T extends object>(row: ResourceRow, half: 'spec' | 'observed'): T {
  const what = describeRow(row);
  const name = half === 'spec' ? 'spec' : 'status';
  const value = decodeObject<T>(row[half], what, name);
  const shape = RESOURCE_SHAPES[row.kind as Kind]?.[half];
  const problem = shape && problemWithShape(value, shape);
  if (problem !== undefined) throw new BrokenDataError(what, `in its ${name} ${problem}`);
  return value;
}

/** A row, and the resource that it holds. */
export interface DecodedRow<K extends Kind = Kind> {
  readonly row: ResourceRow;
  readonly resource: Resource<K>;
}

/**
 * A row as the resource it holds. What is as it was in `before`, an earlier state of the same row, is not parsed again.
 *
 * @throws {BrokenDataError}
 */
export function decodeResource<K extends Kind>(row: ResourceRow, before?: DecodedRow<K>): Resource<K> {
  return {
    ...decodeKey<K>(row),
    uid: row.uid,
    resourceVersion: String(row.version),
    observation: row.observation,
    generation: row.generation,
    createdAt: row.created_at,
    ...(row.deleted_at === null ? {} : { deletedAt: row.deleted_at }),
    spec: before?.row.spec === row.spec ? before.resource.spec : decodeHalf<Kinds[K]['spec']>(row, 'spec'),
    observed: before?.row.observed === row.observed ? before.resource.observed : decodeHalf<Kinds[K]['observed']>(row, 'observed'),
  };
}
