import type { Plan } from '@openkupe/contract';
import type { Resource } from '../../store/resource.ts';

/** The plan a tenant is on. A tenant whose plan is not in the catalogue is a defect of the installation. */
export function planOf(tenant: Resource<'tenant'>, plans: readonly Plan[]): Plan {
  const plan = plans.find(({ name }) => name === tenant.spec.plan);
  if (!plan) throw new Error(`Tenant ${tenant.name} is on plan ${tenant.spec.plan}, which does not exist`);
  return plan;
}
