import type { Clock, Random, RouteId } from '@openkupe/contract';
import { auditEntry, LOCAL } from '../audit/audit-entry.ts';
import { newApiKey } from '../auth/new-api-key.ts';
import type { AuditEntry, Store, Write } from '../store/store.ts';
import { observeIf } from '../store/writes.ts';
import { newTenantWrite } from '../tenancy/new-tenant.ts';

/** The name of the tenant that the first start makes. */
export const FIRST_TENANT = 'demo';
const FIRST_OWNER = 'owner@demo.example';
const OPERATOR = 'operator';

interface FirstTenantPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly pepper: Uint8Array;
}

function auditOf(action: RouteId | 'tenants.create', target: string, tenantUid: string, write: Write): AuditEntry {
  const who = { tenant: FIRST_TENANT, tenantUid, actor: OPERATOR, action, address: LOCAL, requestId: 'start' };
  return auditEntry(who, { target, writes: [write], loaded: [] });
}

/** Issues an admin key for the first tenant on behalf of the operator. Returns the key, of which only a hash is stored. */
export async function issueFirstTenantKey(ports: FirstTenantPorts, displayName: string): Promise<string> {
  for (;;) {
    const tenant = await ports.store.get({ kind: 'tenant', tenant: FIRST_TENANT, name: FIRST_TENANT });
    if (!tenant || tenant.deletedAt !== undefined)
      throw new Error(
        `There is no tenant "${FIRST_TENANT}" to issue a key for; start without --write-env, and make a tenant with openkupe operator`,
      );
    const { id, text, write } = newApiKey(ports, FIRST_TENANT, { displayName, role: 'admin', createdBy: FIRST_OWNER });
    const outcome = await ports.store.commit({
      at: ports.clock.now(),
      writes: [write, observeIf(tenant)],
      audit: auditOf('api-keys.create', `apikeys/${id}`, tenant.uid, write),
      events: [{ key: write.key, type: 'created', message: `API key ${id} was issued at the start of the control plane` }],
    });
    if (outcome.outcome === 'written') return text;
  }
}

/** Makes the first tenant with an admin key in an empty store and returns the key; otherwise `undefined`. */
export async function ensureFirstTenant(ports: FirstTenantPorts): Promise<string | undefined> {
  if ((await ports.store.keysAfter('tenant', undefined, 1)).length > 0) return undefined;
  const write = newTenantWrite(ports.random, { name: FIRST_TENANT, displayName: 'Demo', contactEmail: FIRST_OWNER, plan: 'pro' });
  const outcome = await ports.store.commit({
    at: ports.clock.now(),
    writes: [write],
    audit: auditOf('tenants.create', `tenants/${FIRST_TENANT}`, write.uid, write),
    events: [{ key: write.key, type: 'created', message: `Tenant "${FIRST_TENANT}" was created at the first start` }],
  });
  return outcome.outcome === 'written' ? issueFirstTenantKey(ports, 'first admin key') : undefined;
}
