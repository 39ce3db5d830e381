import { formatTime, type OperatorTenant, OperatorTenantCreate, OperatorTenantPatch, TenantDelete } from '@openkupe/contract';
import { conflict, invalidRequest } from '../errors/refusal.ts';
import { checkName } from '../pipeline/validate.ts';
import { loadSettings } from '../platform/platform.ts';
import { readTenant } from '../routes/load.ts';
import { deletionOfTenant, refuseClusters, refuseSecondDeletion } from '../routes/tenants/accept-deletion.ts';
import type { Resource, TenantSpec } from '../store/resource.ts';
import { afterWrite, keyOf, updateIf } from '../store/writes.ts';
import { newTenantWrite } from '../tenancy/new-tenant.ts';
import { change } from './change.ts';
import { type OperatorPorts, type OperatorRoute, withBody } from './operator-route.ts';

function render(tenant: Resource<'tenant'>): OperatorTenant {
  const { spec, observed } = tenant;
  const phase = tenant.deletedAt !== undefined ? 'Terminating' : spec.suspended ? 'Suspended' : 'Active';
  return {
    name: tenant.name,
    displayName: spec.displayName,
    contactEmail: spec.contactEmail,
    plan: spec.plan,
    phase,
    ...(spec.suspended ? { reason: spec.suspended.reason } : {}),
    allowsDedicated: spec.allowsDedicated ?? false,
    clusterCount: observed.clusterCount,
    createdAt: formatTime(tenant.createdAt),
  };
}

async function planFor(asked: string | undefined, ports: OperatorPorts): Promise<string> {
  const { plans } = (await loadSettings(ports)).settings;
  const plan = asked === undefined ? plans[0] : plans.find(({ name }) => name === asked);
  if (plan) return plan.name;
  throw invalidRequest(`plan must be one of ${plans.map(({ name }) => name).join(', ')}, not ${JSON.stringify(asked)}`);
}

const create = withBody({
  id: 'operator.tenants.create',
  method: 'POST',
  path: '/tenants',
  body: OperatorTenantCreate,
  status: 201,
  async run(call, ports) {
    const { name, contactEmail, displayName = name, allowsDedicated } = call.body;
    checkName('tenant name', 'tenant', name);
    checkName('contactEmail', 'email', contactEmail);
    return change(call, ports, async (now) => {
      const write = newTenantWrite(ports.random, {
        name,
        displayName,
        contactEmail,
        allowsDedicated,
        plan: await planFor(call.body.plan, ports),
      });
      if (await ports.store.get(write.key)) throw conflict(`Tenant "${name}" exists already; list the tenants to see it`);
      const message = `Tenant "${name}" was created`;
      const shown = render(afterWrite(write, now));
      return { tenant: name, target: `tenants/${name}`, writes: [write], events: [{ key: write.key, type: 'created', message }], shown };
    });
  },
});

/** What the patch makes of a tenant, and the message of its event. */
function patched(tenant: Resource<'tenant'>, patch: OperatorTenantPatch): { spec: TenantSpec; message: string } {
  const { isSuspended, reason, allowsDedicated } = patch;
  if (isSuspended === undefined && allowsDedicated === undefined)
    throw invalidRequest('at least one field required: send isSuspended or allowsDedicated');
  if (reason !== undefined && !isSuspended) throw invalidRequest('reason goes with isSuspended: true; leave it out');
  if (isSuspended && !reason) throw invalidRequest('reason is required to suspend a tenant: its refused requests are answered with it');
  const { suspended, ...staying } = tenant.spec;
  const next = isSuspended === undefined ? suspended : isSuspended && reason ? { reason } : undefined;
  const spec = { ...staying, ...(next ? { suspended: next } : {}), ...(allowsDedicated === undefined ? {} : { allowsDedicated }) };
  const what = [
    ...(isSuspended === undefined ? [] : [isSuspended ? `suspended: ${reason}` : 'resumed']),
    ...(allowsDedicated === undefined ? [] : [`dedicated clusters ${allowsDedicated ? 'allowed' : 'no longer allowed'}`]),
  ];
  return { spec, message: `Tenant "${tenant.name}" was changed by the operator: ${what.join(', ')}` };
}

const update = withBody({
  id: 'operator.tenants.update',
  method: 'PATCH',
  path: '/tenants/{tenant}',
  body: OperatorTenantPatch,
  status: 200,
  run: (call, ports) =>
    change(call, ports, async (now) => {
      const tenant = await readTenant(ports.store, call.params.tenant);
      const { spec, message } = patched(tenant, call.body);
      const key = keyOf(tenant);
      const write = updateIf(tenant, spec);
      return {
        tenant: tenant.name,
        target: `tenants/${tenant.name}`,
        writes: [write],
        before: tenant,
        events: [{ key, type: 'changed', message }],
        shown: render(afterWrite(write, now, tenant)),
      };
    }),
});

const remove = withBody({
  id: 'operator.tenants.delete',
  method: 'DELETE',
  path: '/tenants/{tenant}',
  body: TenantDelete,
  status: 202,
  run: (call, ports) =>
    change(call, ports, async (now) => {
      const tenant = await readTenant(ports.store, call.params.tenant);
      refuseSecondDeletion(tenant);
      if (call.body.confirm !== tenant.name) {
        throw invalidRequest(`confirm must be the name of the tenant, "${tenant.name}", not ${JSON.stringify(call.body.confirm)}`);
      }
      refuseClusters(tenant, await ports.store.list('cluster', tenant.name), call.body.cascade);
      const { change: deletion, deleted } = deletionOfTenant(tenant, now);
      return { tenant: tenant.name, target: `tenants/${tenant.name}`, before: tenant, ...deletion, shown: render(deleted) };
    }),
});

/** Tenants are made, suspended and deleted here; their own API changes the rest. */
export const OPERATOR_TENANT_ROUTES: readonly OperatorRoute[] = [
  {
    id: 'operator.tenants.list',
    method: 'GET',
    path: '/tenants',
    status: 200,
    run: async (_call, { store }) => ({ items: (await store.list('tenant')).map(render) }),
  },
  create,
  update,
  remove,
];
