import { LIMITS } from '@openkupe/contract';
import type { Resource } from '../../store/resource.ts';
import type { LeasedWork, Store, Write } from '../../store/store.ts';
import { tenantAllocation } from '../../tenancy/allocation.ts';

/**
 * Removes the row of a cluster that is gone, and gives what it took back to the tenant's pool in the same commit. `stale` when the row
 * changed or the lease was lost; `contended` when the tenant changed in every round.
 */
export async function removeRow(
  store: Store,
  cluster: Resource<'cluster'>,
  fence: LeasedWork,
  now: number,
): Promise<'removed' | 'missing' | 'stale' | 'contended'> {
  const { kind, tenant, name, uid } = cluster;
  const key = { kind, tenant, name };
  const removal: Write = { verb: 'delete-if', key, uid, expectedVersion: cluster.resourceVersion, fence };
  for (let round = 0; round < LIMITS.commitRounds; round += 1) {
    // NOTE: the tenant is read before the list. Whoever changes the list in between moves the tenant's observation too, so the commit is stale.
    const owner = await store.get({ kind: 'tenant', tenant, name: tenant });
    const others = (await store.listReadable('cluster', tenant)).filter((other) => other.uid !== uid);
    const writes: Write[] = owner ? [removal, release(owner, others)] : [removal];
    const message = `Cluster "${name}" is gone.`;
    const result = await store.commit({ at: now, writes, events: [{ key, type: 'deleted', message }] });
    if (result.outcome === 'written') return 'removed';
    if (result.outcome === 'missing' && result.index === 0) return 'missing';
    if (result.outcome === 'stale' && result.index === 0) return 'stale';
  }
  return 'contended';
}

function release(owner: Resource<'tenant'>, clusters: readonly Resource<'cluster'>[]): Write {
  const { kind, tenant, name, uid, observation } = owner;
  return {
    verb: 'observe-if',
    key: { kind, tenant, name },
    uid,
    expectedObservation: observation,
    observed: tenantAllocation(clusters),
  };
}
