import { counted, formatRetryAfter } from '@openkupe/contract';
import type { Principal } from '../../auth/principal.ts';
import { invalidField, Refusal } from '../../errors/refusal.ts';
import { loadPlatform } from '../../platform/platform.ts';
import type { Resource } from '../../store/resource.ts';
import { defineHandler } from '../define-handler.ts';
import { loadTenant } from '../load.ts';
import { deletionOfTenant, refuseClusters, refuseSecondDeletion } from './accept-deletion.ts';
import { renderTenant } from './render-tenant.ts';

/** The owner is a person who signed in with the contact address, verified by the issuer; a key could have been made by any admin. */
function checkOwner({ kind, email, isEmailVerified }: Principal, tenant: Resource<'tenant'>): void {
  if (kind === 'oidc' && isEmailVerified && email === tenant.spec.contactEmail.toLowerCase()) return;
  const message = `Only the owner of tenant "${tenant.name}" may delete it, signed in by OIDC with the contact address of the tenant, verified by the issuer; an API key cannot`;
  throw new Refusal(403, message, { code: 'owner_required' });
}

function tooOften(tenant: string, waitMs: number): Refusal {
  const seconds = formatRetryAfter(waitMs);
  return new Refusal(
    429,
    `The deletion of tenant "${tenant}" can be asked for once a minute; wait ${counted(seconds, 'second')} and check the request`,
    {
      code: 'rate-limited-tenant-deletion',
      headers: { 'retry-after': seconds },
    },
  );
}

/** Accepts the deletion; the reconciler does it. */
export const deleteTenant = defineHandler('tenants.delete', {
  async load(call, deps) {
    const tenant = loadTenant(call);
    checkOwner(call.principal, tenant);
    const clusters = await deps.store.list('cluster', tenant.name);
    return { tenant, clusters, precondition: tenant, platform: await loadPlatform(deps) };
  },
  async count(_call, { tenant }, { deletionPace }) {
    refuseSecondDeletion(tenant);
    const waitMs = await deletionPace.count(tenant);
    if (waitMs > 0) throw tooOften(tenant.name, waitMs);
  },
  decide(call, { tenant, clusters, platform }) {
    const { name } = tenant;
    refuseSecondDeletion(tenant);
    if (call.body.confirm !== name) {
      throw invalidField(
        'confirm',
        `confirm must be the name of the tenant, "${name}", not ${JSON.stringify(call.body.confirm)}`,
        'wrong_confirm',
      );
    }
    refuseClusters(tenant, clusters, call.body.cascade);
    const { change, deleted } = deletionOfTenant(tenant, call.now);
    return { target: `tenants/${name}`, ...change, answer: { body: renderTenant(deleted, platform.plans, undefined), tagged: deleted } };
  },
});
