import { LIMITS, type Plan, type TenantPatch } from '@openkupe/contract';
import { currentUsage } from '../../billing/current-usage.ts';
import { planEntries } from '../../billing/ledger-entries.ts';
import { readOpenPeriod } from '../../billing/open-period.ts';
import { conflict, invalidField, invalidRequest } from '../../errors/refusal.ts';
import { loadPlatform } from '../../platform/platform.ts';
import type { Resource, TenantSpec } from '../../store/resource.ts';
import { afterWrite, keyOf, observeIf, updateIf } from '../../store/writes.ts';
import { checkClusterCount, checkPool } from '../clusters/check-quota.ts';
import { defineHandler } from '../define-handler.ts';
import { loadTenant } from '../load.ts';
import { renderTenant } from './render-tenant.ts';

function patched(tenant: Resource<'tenant'>, patch: TenantPatch, plans: readonly Plan[]): TenantSpec {
  if (Object.keys(patch).length === 0) {
    throw invalidRequest('at least one field required: send plan, enforceMetricsLimit or enforceLogLimit');
  }
  if (patch.plan !== undefined && patch.plan !== tenant.spec.plan) {
    const plan = plans.find(({ name }) => name === patch.plan);
    if (!plan)
      throw invalidField('plan', `plan must be one of ${plans.map(({ name }) => name).join(', ')}, not ${JSON.stringify(patch.plan)}`);
    checkClusterCount(tenant.observed.clusterCount, plan);
    checkPool(tenant.observed.allocated, plan);
  }
  return { ...tenant.spec, ...patch };
}

/** The allocation that a smaller plan is checked against is guarded too: a cluster created at the same time makes this decide again. */
export const updateTenant = defineHandler('tenants.update', {
  async load(call, deps) {
    const tenant = loadTenant(call);
    const period = await readOpenPeriod(deps.store, tenant, LIMITS.billingEventsPerRead);
    return { tenant, precondition: tenant, period, platform: await loadPlatform(deps) };
  },
  decide(call, { tenant, period, platform: { plans } }) {
    const render = (shown: Resource<'tenant'>, known = period) =>
      renderTenant(shown, plans, currentUsage(shown, known, plans, call.billedNow()));
    const spec = patched(tenant, call.body, plans);
    if (tenant.deletedAt !== undefined) throw conflict(`Tenant "${tenant.name}" is being deleted and cannot be changed`, 'terminating');
    if (JSON.stringify(spec) === JSON.stringify(tenant.spec)) return { answer: { body: render(tenant), tagged: tenant } };
    const ledger = planEntries(tenant, spec, plans, call.billedNow());
    const later = { ...period, rows: [...period.rows, ...ledger.map((entry, index) => ({ ...entry, entry: period.head + 1 + index }))] };
    const key = keyOf(tenant);
    const write = updateIf(tenant, spec);
    const guarded = observeIf(tenant);
    const updated = afterWrite(guarded, call.now, afterWrite(write, call.now, tenant));
    return {
      target: `tenants/${tenant.name}`,
      writes: [write, guarded],
      ledger,
      events: [{ key, type: 'changed', message: `Tenant "${tenant.name}" was changed: ${Object.keys(call.body).join(', ')}` }],
      answer: { body: render(updated, later), tagged: updated },
    };
  },
});
