import { commitInRounds } from '../../store/commit.ts';
import type { Resource } from '../../store/resource.ts';
import type { LeasedWork, Store, Write } from '../../store/store.ts';
import { tenantAllocation } from '../../tenancy/allocation.ts';

/**
 * Removes the row of a cluster that is gone, and returns its allocation to the tenant in the same transaction. `stale` when the row
 * changed or the lease was lost.
 *
 * @throws {Error} where the tenant changed in every round.
 */
export async function removeRow(
  store: Store,
  cluster: Resource<'cluster'>,
  fence: LeasedWork,
  now: number,
): Promise<'removed' | 'missing' | 'stale'> {
  const { kind, tenant, name, uid } = cluster;
  const key = { kind, tenant, name };
  const removal: Write = { verb: 'delete-if', key, uid, expectedVersion: cluster.resourceVersion, fence };
  const events = [{ key, type: 'deleted' as const, message: `Cluster "${name}" is gone.` }];
  return commitInRounds(`remove cluster "${name}"`, async () => {
    // NOTE: the tenant is read before the list. A change of the list also moves the tenant's observation, so the commit is then stale.
    const owner = await store.get({ kind: 'tenant', tenant, name: tenant });
    const others = (await store.listReadable('cluster', tenant)).filter((other) => other.uid !== uid);
    const result = await store.commit({ at: now, writes: owner ? [removal, allocating(owner, others)] : [removal], events });
    if (result.outcome === 'written') return 'removed';
    const isOurs = 'index' in result && result.index === 0;
    return isOurs && (result.outcome === 'missing' || result.outcome === 'stale') ? result.outcome : undefined;
  });
}

function allocating({ kind, tenant, name, uid, observation }: Resource<'tenant'>, clusters: readonly Resource<'cluster'>[]): Write {
  const observed = tenantAllocation(clusters);
  return { verb: 'observe-if', key: { kind, tenant, name }, uid, expectedObservation: observation, observed };
}
