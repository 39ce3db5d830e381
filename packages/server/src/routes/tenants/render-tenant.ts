import { type CurrentUsage, formatTime, type Plan, type Tenant } from '@openkupe/contract';
import type { Resource } from '../../store/resource.ts';
import { planOf } from './plan-of.ts';

/** A stored tenant as the API shows it, with what the running period has cost so far. */
export function renderTenant(tenant: Resource<'tenant'>, plans: readonly Plan[], usage: CurrentUsage | undefined): Tenant {
  const { spec, observed } = tenant;
  return {
    name: tenant.name,
    displayName: spec.displayName,
    contactEmail: spec.contactEmail,
    plan: spec.plan,
    enforceMetricsLimit: spec.enforceMetricsLimit,
    enforceLogLimit: spec.enforceLogLimit,
    members: [...spec.members],
    resourceVersion: tenant.resourceVersion,
    createdAt: formatTime(tenant.createdAt),
    status: {
      phase: tenant.deletedAt === undefined ? 'Active' : 'Terminating',
      clusterCount: observed.clusterCount,
      allocatedResources: observed.allocated,
      poolResources: planOf(tenant, plans).resourcePool,
      ...(usage ? { currentUsage: usage } : {}),
    },
  };
}
