import { isAllowed, NAME_RULES, type Route } from '@openkupe/contract';
import type { Identity, Principal } from '../auth/principal.ts';
import { forbidden, invalidRequest } from '../refusal.ts';

const TENANT_NAME = new RegExp(NAME_RULES.tenant.pattern);

/** Stage 5. Tenant first, then role. A foreign tenant and one that does not exist get the same answer. */
export function authorise(route: Route, params: Readonly<Record<string, string>>, identity: Identity): Principal {
  const { kind, actor, email } = identity;
  const { tenant } = params;
  if (tenant === undefined) return { kind, actor, email, tenant: '', role: 'readonly' };
  if (!TENANT_NAME.test(tenant)) {
    throw invalidRequest(`tenant name must ${NAME_RULES.tenant.rule}, not ${JSON.stringify(tenant.slice(0, 80))}`);
  }
  const role = identity.roles.get(tenant);
  if (!role) throw forbidden(`This credential gives no access to tenant "${tenant}"; use a credential of that tenant`);
  if (!isAllowed(role, route.access)) {
    throw forbidden(`This needs the role "admin", and the credential has the role "${role}"; use a key with the right role`);
  }
  return { kind, actor, email, tenant, role };
}
