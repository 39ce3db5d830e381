import { LIMITS } from '@openkupe/contract';
import { currentUsage } from '../../billing/current-usage.ts';
import { readOpenPeriod } from '../../billing/open-period.ts';
import { loadPlatform } from '../../platform/platform.ts';
import { defineHandler } from '../define-handler.ts';
import { loadTenant } from '../load.ts';
import { renderTenant } from './render-tenant.ts';

/** The tenant with what it allocates, and what the running period has cost so far. */
export const getTenant = defineHandler('tenants.get', {
  async load(call, deps) {
    const tenant = loadTenant(call);
    const period = await readOpenPeriod(deps.store, tenant, LIMITS.billingEventsPerRead);
    return { tenant, period, platform: await loadPlatform(deps) };
  },
  decide(call, { tenant, period, platform: { plans } }) {
    const usage = currentUsage(tenant, period, plans, call.billedNow());
    return { answer: { body: renderTenant(tenant, plans, usage), tagged: tenant, isOfTheMoment: true } };
  },
});
