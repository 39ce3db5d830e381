import type { Random } from '@openkupe/contract';
import type { Kind, Kinds, Resource, ResourceKey } from './resource.ts';
import type { LeasedWork, WriteOf } from './store.ts';

/** A uid for a resource that is made: 24 hexadecimal digits. */
export const newUid = (random: Random): string => Buffer.from(random.bytes(12)).toString('hex');

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

/** Writes a desired state if it replaces the version that was read. */
export function updateIf<K extends Kind>(row: Resource<K>, spec: Kinds[K]['spec']): WriteOf<K> {
  return { verb: 'update-if', key: keyOf(row), expectedVersion: row.resourceVersion, spec };
}

/** Accepts the deletion of a row if it is the version that was read. */
export function markDeletedIf<K extends Kind>(row: Resource<K>): WriteOf<K> {
  return { verb: 'mark-deleted-if', key: keyOf(row), expectedVersion: row.resourceVersion };
}

/** Removes a row if it is the version that was read, and if the lease still holds. */
export function deleteIf<K extends Kind>(row: Resource<K>, fence?: LeasedWork): WriteOf<K> {
  return { verb: 'delete-if', key: keyOf(row), uid: row.uid, expectedVersion: row.resourceVersion, ...(fence && { fence }) };
}
