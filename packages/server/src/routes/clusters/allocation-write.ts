import type { Resource, TenantObserved } from '../../store/resource.ts';
import type { WriteOf } from '../../store/store.ts';
import { observeIf } from '../../store/writes.ts';
import { tenantAllocation } from '../../tenancy/allocation.ts';

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
