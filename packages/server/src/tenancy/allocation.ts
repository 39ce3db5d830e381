import { addQuantities, formatInUnits, parseQuantity, type Quantity, ZERO_QUANTITY } from '@openkupe/contract';
import type { Resource, TenantObserved } from '../store/resource.ts';
import type { WriteOf } from '../store/store.ts';
import { observeIf } from '../store/writes.ts';

const CORE: Quantity = { units: 1n, decimals: 0 };
const GIBIBYTE: Quantity = { units: 2n ** 30n, decimals: 0 };

/** A stored cluster, or one that is about to be. */
type Sized = Pick<Resource<'cluster'>, 'name' | 'spec'>;

/**
 * What `clusters` take from their tenant's pool: sums as plain decimal text, cpu in cores, memory and storage in GiB. A cluster counts
 * until its row is removed; a dimension without a limit counts as nothing.
 */
export function tenantAllocation(clusters: readonly Sized[]): TenantObserved {
  const sum = (dimension: 'cpu' | 'memory' | 'storage') =>
    clusters.map((cluster) => quantityOf(cluster, dimension)).reduce(addQuantities, ZERO_QUANTITY);
  return {
    clusterCount: clusters.length,
    allocated: {
      cpu: formatInUnits(sum('cpu'), CORE),
      memory: formatInUnits(sum('memory'), GIBIBYTE),
      storage: formatInUnits(sum('storage'), GIBIBYTE),
    },
  };
}

function quantityOf(cluster: Sized, dimension: 'cpu' | 'memory' | 'storage'): Quantity {
  const text = cluster.spec.resources[dimension];
  if (text === undefined) return ZERO_QUANTITY;
  const quantity = parseQuantity(text);
  if (!quantity) throw new Error(`Cannot count the ${dimension} of cluster "${cluster.name}": "${text}" is no quantity; correct its row`);
  return quantity;
}

/** What the tenant would have allocated with `changed` in place of, or added to, its clusters. */
export function allocationWith(
  clusters: readonly Resource<'cluster'>[],
  changed: Pick<Resource<'cluster'>, 'name' | 'spec'>,
): TenantObserved {
  const others = clusters.filter(({ name }) => name !== changed.name);
  return tenantAllocation([...others, changed]);
}

/**
 * The write that keeps the tenant's allocation in the same transaction as the cluster's change. Two changes that were decided on the
 * same allocation cannot both be written: the second is decided again on what the first left.
 */
export function allocationWrite(tenant: Resource<'tenant'>, allocation: TenantObserved): WriteOf<'tenant'> {
  return observeIf(tenant, { ...tenant.observed, ...allocation });
}
