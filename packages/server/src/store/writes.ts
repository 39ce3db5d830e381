import type { Random } from '@openkupe/contract';
import type { ClusterSpec, Kind, Kinds, Resource, ResourceKey } from './resource.ts';
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

const labelsText = (spec: object) => JSON.stringify((spec as Partial<ClusterSpec>).labels);

/** Writes a desired state if it replaces the version that was read. */
export function updateIf<K extends Kind>(row: Resource<K>, spec: Kinds[K]['spec']): WriteOf<K> {
  const keepsLabels = labelsText(spec) === labelsText(row.spec);
  return { verb: 'update-if', key: keyOf(row), expectedVersion: row.resourceVersion, spec, keepsLabels };
}

/** Accepts the deletion of a row if it is the version that was read. */
export function markDeletedIf<K extends Kind>(row: Resource<K>): WriteOf<K> {
  return { verb: 'mark-deleted-if', key: keyOf(row), expectedVersion: row.resourceVersion };
}

/** Removes a row if it is the version that was read, and if the lease still holds. */
export function deleteIf<K extends Kind>(row: Resource<K>, fence?: LeasedWork): WriteOf<K> {
  return { verb: 'delete-if', key: keyOf(row), uid: row.uid, expectedVersion: row.resourceVersion, ...(fence && { fence }) };
}

/** The `resourceVersion` of a resource whose change is not committed yet: the commit's `revision` takes its place. */
export const PENDING_VERSION = '';

/**
 * The resource as a write leaves it, known before the commit in everything but its version: of `before`, which the write expects, or of
 * nothing for a create. What is observed may move between the load and the commit; then the resource here shows it as it was loaded.
 */
export function afterWrite<K extends Kind>(write: WriteOf<K>, at: number, before?: Resource<K>): Resource<K> {
  if (write.verb === 'create') {
    const { key, uid, spec, observed } = write;
    return { ...key, uid, resourceVersion: PENDING_VERSION, observation: 0, generation: 1, createdAt: at, spec, observed };
  }
  if (!before) throw new Error(`Nothing was loaded that ${write.verb} could have changed`);
  switch (write.verb) {
    case 'update-if':
      return { ...before, resourceVersion: PENDING_VERSION, generation: before.generation + 1, spec: write.spec };
    case 'observe-if':
      return { ...before, observation: before.observation + 1, observed: write.observed };
    case 'mark-deleted-if':
      return { ...before, resourceVersion: PENDING_VERSION, deletedAt: at };
    case 'delete-if':
      throw new Error('A deleted resource has no state');
  }
}
