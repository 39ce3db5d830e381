import { ApiKeyCreate } from '@openkupe/contract';
import { newApiKey } from '../auth/new-api-key.ts';
import { invalidRequest } from '../errors/refusal.ts';
import { checkExpiry, checkRoomForKey } from '../routes/api-keys/check-key.ts';
import { renderApiKey } from '../routes/api-keys/render-api-key.ts';
import { loadApiKey, readTenant } from '../routes/load.ts';
import { afterWrite, deleteIf, keyOf, observeIf } from '../store/writes.ts';
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
        const { displayName, role, expiresAt } = call.body;
        if (displayName.trim() === '') throw invalidRequest('displayName must not be blank');
        if (expiresAt) checkExpiry(expiresAt, now);
        const tenant = await readTenant(ports.store, call.params.tenant);
        checkRoomForKey(tenant, await ports.store.keys('api-key', tenant.name));
        const made = newApiKey(ports, tenant.name, { displayName, role, expiresAt, createdBy: tenant.spec.contactEmail });
        const message = `API key ${made.id} was issued by the operator with role ${role}`;
        return {
          tenant: tenant.name,
          target: `apikeys/${made.id}`,
          writes: [made.write, observeIf(tenant)],
          events: [{ key: made.write.key, type: 'created', message }],
          shown: { ...renderApiKey(afterWrite(made.write, now)), key: made.text },
        };
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
          events: [{ key: keyOf(row), type: 'deleted', message: `API key ${name} was revoked by the operator` }],
          shown: { name, status: { phase: 'Deleted' } },
        };
      }),
  },
];
