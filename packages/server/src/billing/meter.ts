import { isDeepStrictEqual } from 'node:util';
import type { Plan } from '@openkupe/contract';
import type { BilledFor, LedgerEntry, PlanTerms } from '../store/ledger.ts';
import type { Resource } from '../store/resource.ts';
import { tenantAllocation } from '../tenancy/allocation.ts';
import { wholeSecond } from './month.ts';

type Cluster = Resource<'cluster'>;
type Changed = Partial<Pick<Cluster, 'spec' | 'observed' | 'deletedAt'>>;

/**
 * What a cluster is billed for as it is stored: from the moment it was ready for the first time until its deletion is accepted, for the
 * resources it asks for. `null` before and after: nobody pays while we build or clean up.
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
 * The ledger entries that a change of a cluster causes: one when it changes what is billed, otherwise none. To be committed with the
 * change, which has to be guarded on both halves of the row: an entry that was decided on an old half would bill what is no longer so.
 */
export function clusterEntries(before: Cluster, changed: Changed, at: number): LedgerEntry[] {
  const billed = billedFor({ ...before, ...changed });
  if (isDeepStrictEqual(billed, billedFor(before))) return [];
  const { tenant, uid, name } = before;
  return [{ tenant, at: wholeSecond(at), fact: { kind: 'cluster', uid, name, billed } }];
}

/** A plan as a bill needs it. */
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
