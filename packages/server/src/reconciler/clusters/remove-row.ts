import { commitInRounds } from '../../store/commit.ts';
import type { Resource } from '../../store/resource.ts';
import type { LeasedWork, Store } from '../../store/store.ts';
import { deleteIf, keyOf, observeIf } from '../../store/writes.ts';
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
  const { tenant, name, uid } = cluster;
  const removal = deleteIf(cluster, fence);
  const events = [{ key: keyOf(cluster), type: 'deleted' as const, message: `Cluster "${name}" is gone.` }];
  return commitInRounds(`remove cluster "${name}"`, async () => {
    // NOTE: the tenant is read before the list. A change of the list also moves the tenant's observation, so the commit is then stale.
    const owner = await store.get({ kind: 'tenant', tenant, name: tenant });
    const others = (await store.listReadable('cluster', tenant)).filter((other) => other.uid !== uid);
    const result = await store.commit({
      at: now,
      writes: owner ? [removal, observeIf(owner, tenantAllocation(others))] : [removal],
      events,
    });
    if (result.outcome === 'written') return 'removed';
    const isOurs = 'index' in result && result.index === 0;
    return isOurs && (result.outcome === 'missing' || result.outcome === 'stale') ? result.outcome : undefined;
  });
}
