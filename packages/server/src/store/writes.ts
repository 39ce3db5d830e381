import type { Kind, Resource, ResourceKey } from './resource.ts';
import type { LeasedWork, WriteOf } from './store.ts';

/** The key of a stored resource. */
export function keyOf<K extends Kind>({ kind, tenant, name }: ResourceKey<K>): ResourceKey<K> {
  return { kind, tenant, name };
}

/**
 * Writes a status if it is the one that was read, and if the lease still holds. Without a new status nothing changes: the write then only
 * makes its transaction stale where another writer was faster.
 */
export function observeIf<K extends Kind>(
  row: Resource<K>,
  observed: Resource<K>['observed'] = row.observed,
  fence?: LeasedWork,
): WriteOf<K> {
  const { uid, observation: expectedObservation } = row;
  return { verb: 'observe-if', key: keyOf(row), uid, expectedObservation, observed, ...(fence && { fence }) };
}

/** Removes a row if it is the version that was read, and if the lease still holds. */
export function deleteIf<K extends Kind>(row: Resource<K>, fence?: LeasedWork): WriteOf<K> {
  return { verb: 'delete-if', key: keyOf(row), uid: row.uid, expectedVersion: row.resourceVersion, ...(fence && { fence }) };
}
