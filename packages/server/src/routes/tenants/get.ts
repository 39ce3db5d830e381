import { LIMITS } from '@openkupe/contract';
import { currentUsage } from '../../billing/current-usage.ts';
import { readOpenPeriod } from '../../billing/open-period.ts';
import { defineHandler } from '../../pipeline/handler.ts';
import { loadTenant } from '../load.ts';
import { renderTenant } from './render-tenant.ts';

export const getTenant = defineHandler('tenants.get', {
  async load(call, store) {
    const tenant = await loadTenant(store, call.params.tenant);
    return { tenant, period: await readOpenPeriod(store, tenant, LIMITS.billingEventsPerRead) };
  },
  decide(call, { tenant, period }, means) {
    const usage = currentUsage(tenant, period, means.plans, call.billedNow);
    return { answer: { body: renderTenant(tenant, means.plans, usage), tagged: tenant, isOfTheMoment: true } };
  },
});
