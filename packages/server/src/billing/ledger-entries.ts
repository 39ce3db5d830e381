import { isDeepStrictEqual } from 'node:util';
import type { Plan } from '@openkupe/contract';
import type { BilledFor, LedgerEntry, PlanTerms } from '../store/ledger.ts';
import type { Resource } from '../store/resource.ts';
import { tenantAllocation } from '../tenancy/allocation.ts';
import { wholeSecond } from './billing-month.ts';

type Cluster = Resource<'cluster'>;
type Changed = Partial<Pick<Cluster, 'spec' | 'observed' | 'deletedAt'>>;

/**
 * What a stored cluster is billed for: from the first time it was ready until its deletion is accepted, for the resources it requests.
 * `null` before and after: provisioning and clean-up are free.
 */
export function billedFor(cluster: Pick<Cluster, 'name' | 'spec' | 'observed' | 'deletedAt'>): BilledFor | null {
  const { observed, deletedAt } = cluster;
  if (observed.readyAt === undefined || deletedAt !== undefined) return null;
  return {
    ...tenantAllocation([cluster]).allocated,
    highAvailability: observed.highAvailability?.enabledAt !== undefined,
  };
}

/**
 * The ledger entries that a change of a cluster causes: one when it changes what is billed, otherwise none. Commit them with the change,
 * guarded on spec and status of the row: an entry decided on an old version of either would bill wrong values.
 */
export function clusterEntries(before: Cluster, changed: Changed, at: number): LedgerEntry[] {
  const billed = billedFor({ ...before, ...changed });
  if (isDeepStrictEqual(billed, billedFor(before))) return [];
  const { tenant, uid, name } = before;
  return [{ tenant, at: wholeSecond(at), fact: { kind: 'cluster', uid, name, billed } }];
}

/** Name and fee of a plan. @throws {Error} where the catalogue has no such plan. */
export function termsOf(name: string, plans: readonly Plan[]): PlanTerms {
  const plan = plans.find((candidate) => candidate.name === name);
  if (!plan) throw new Error(`Cannot bill plan "${name}": it is not in the catalogue`);
  return { name, platformFee: plan.platformFee };
}

/** The ledger entries that a change of a tenant's desired state causes: one when it moves to another plan, otherwise none. */
export function planEntries(
  tenant: Resource<'tenant'>,
  after: Resource<'tenant'>['spec'],
  plans: readonly Plan[],
  at: number,
): LedgerEntry[] {
  if (after.plan === tenant.spec.plan) return [];
  const fact = { kind: 'plan', from: termsOf(tenant.spec.plan, plans), to: termsOf(after.plan, plans) } as const;
  return [{ tenant: tenant.name, at: wholeSecond(at), fact }];
}
