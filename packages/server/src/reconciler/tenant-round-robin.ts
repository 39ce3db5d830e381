import type { LeasedWork, Store } from '../store/store.ts';

/** Leases due work in turn between tenants. */
export interface TenantRoundRobin {
  /** As `Store.leaseWork`; where more is due than is leased, one item of each tenant with due work before a second of any. */
  lease(request: { readonly owner: string; readonly leaseMs: number; readonly limit: number }): Promise<readonly LeasedWork[]>;
}

/** Tenants in a round at most; those whose work is due longest are in the next one. */
const MOST_TENANTS = 10_000;
/** A list of the tenants with due work costs a look at all that is due, so one is good for a hundredth of it. */
const ITEMS_LOOKED_AT = 100;

/**
 * Round robin between the tenants with due work, so that one with 10,000 items delays another's one by a round, and not by all of them. It costs
 * nothing while all that is due is leased at once.
 */
export function createTenantRoundRobin(store: Pick<Store, 'leaseWork' | 'dueTenants'>): TenantRoundRobin {
  /** The tenants of the round, the next one first. */
  let round: string[] = [];
  /** How many items may be leased before the list is read again. */
  let left = 0;
  let isBehind = false;

  async function beginRound(limit: number): Promise<void> {
    const due = await store.dueTenants(MOST_TENANTS);
    const items = due.reduce((sum, one) => sum + one.items, 0);
    round = due.map(({ tenant }) => tenant);
    left = Math.max(round.length, items / ITEMS_LOOKED_AT);
    isBehind = items > limit;
  }
  async function leaseNext(request: Parameters<TenantRoundRobin['lease']>[0]): Promise<readonly LeasedWork[]> {
    const tenants = round.splice(0, request.limit);
    const leased = await store.leaseWork({ ...request, tenants });
    const withWork = new Set(leased.map(({ key }) => key.tenant));
    round.push(...tenants.filter((tenant) => withWork.has(tenant)));
    left -= leased.length;
    return leased;
  }
  return {
    async lease(request) {
      if (!isBehind) {
        const leased = await store.leaseWork(request);
        isBehind = leased.length === request.limit;
        left = 0;
        return leased;
      }
      if (left <= 0 || round.length === 0) await beginRound(request.limit);
      // NOTE: tenants whose work is done meanwhile leave the round.
      while (round.length > 0) {
        const leased = await leaseNext(request);
        if (leased.length > 0) return leased;
      }
      return [];
    },
  };
}
