import type { Kind, Kinds, Resource, ResourceKey } from '../resource.ts';

/** A row of `resource`, as SQLite holds it. */
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

export function decodeKey<K extends Kind>(row: { readonly kind: string; readonly tenant: string; readonly name: string }): ResourceKey<K> {
  return { kind: row.kind as K, tenant: row.tenant, name: row.name };
}

export function encodeHalf<K extends Kind>(half: Kinds[K]['spec'] | Kinds[K]['observed']): string {
  return JSON.stringify(half);
}

export function decodeResource<K extends Kind>(row: ResourceRow): Resource<K> {
  return {
    ...decodeKey<K>(row),
    uid: row.uid,
    resourceVersion: String(row.version),
    observation: row.observation,
    generation: row.generation,
    createdAt: row.created_at,
    ...(row.deleted_at === null ? {} : { deletedAt: row.deleted_at }),
    spec: JSON.parse(row.spec) as Kinds[K]['spec'],
    observed: JSON.parse(row.observed) as Kinds[K]['observed'],
  };
}
