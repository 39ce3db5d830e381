import { defineHandler } from '../../pipeline/handler.ts';
import { loadTenant } from '../load.ts';
import { renderTenant } from './render-tenant.ts';

export const getTenant = defineHandler('tenants.get', {
  load: async (call, store) => ({ tenant: await loadTenant(store, call.params.tenant) }),
  decide: (_call, { tenant }, means) => ({ answer: { body: renderTenant(tenant, means.plans), tagged: tenant } }),
});
