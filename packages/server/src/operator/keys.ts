import { ApiKeyCreate } from '@openkupe/contract';
import { checkNewKey } from '../routes/api-keys/check-new-key.ts';
import { issueKey } from '../routes/api-keys/issue-key.ts';
import { loadApiKey, readTenant } from '../routes/load.ts';
import { deleteIf, keyOf } from '../store/writes.ts';
import { change } from './change.ts';
import { type OperatorRoute, withBody } from './operator-route.ts';

/** Keys of a tenant, on behalf of its owner: how a new tenant gets its first one, and how one that was lost is taken back. */
export const OPERATOR_KEY_ROUTES: readonly OperatorRoute[] = [
  withBody({
    id: 'operator.api-keys.create',
    method: 'POST',
    path: '/tenants/{tenant}/apikeys',
    body: ApiKeyCreate,
    status: 201,
    run: (call, ports) =>
      change(call, ports, async (now) => {
        checkNewKey(call.body, now);
        const tenant = await readTenant(ports.store, call.params.tenant);
        const keys = await ports.store.keys('api-key', tenant.name);
        const spec = { ...call.body, createdBy: tenant.spec.contactEmail };
        const { id, text, writes, events, body } = issueKey({ tenant, keys }, spec, 'issued by the operator', ports, now);
        return { tenant: tenant.name, target: `apikeys/${id}`, writes, events, shown: { ...body, key: text } };
      }),
  }),
  {
    id: 'operator.api-keys.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/apikeys/{id}',
    status: 200,
    run: (call, ports) =>
      change(call, ports, async () => {
        const row = await loadApiKey(ports.store, call.params.tenant, call.params.id);
        const { tenant, name } = row;
        return {
          tenant,
          target: `apikeys/${name}`,
          writes: [deleteIf(row)],
          before: row,
          events: [{ key: keyOf(row), type: 'deleted', message: `API key ${name} was revoked by the operator` }],
          shown: { name, status: { phase: 'Deleted' } },
        };
      }),
  },
];
