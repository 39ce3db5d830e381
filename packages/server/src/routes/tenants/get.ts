import { LIMITS } from '@openkupe/contract';
import { readBooks } from '../../billing/books.ts';
import { currentUsage } from '../../billing/current-usage.ts';
import { defineHandler } from '../../pipeline/handler.ts';
import { loadTenant } from '../load.ts';
import { renderTenant } from './render-tenant.ts';

export const getTenant = defineHandler('tenants.get', {
  async load(call, store) {
    const tenant = await loadTenant(store, call.params.tenant);
    return { tenant, books: await readBooks(store, tenant, LIMITS.billingEventsPerRead) };
  },
  decide(call, { tenant, books }, means) {
    const usage = currentUsage(tenant, books, means.plans, call.billedNow);
    return { answer: { body: renderTenant(tenant, means.plans, usage), tagged: tenant, isOfTheMoment: true } };
  },
});
