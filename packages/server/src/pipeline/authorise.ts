import { isAllowed, NAME_RULES, type Route } from '@openkupe/contract';
import { roleOf } from '../auth/granted-role.ts';
import type { Identity, Principal } from '../auth/principal.ts';
import { forbidden, invalidRequest } from '../errors/refusal.ts';
import type { Store } from '../store/store.ts';

const TENANT_NAME = new RegExp(NAME_RULES.tenant.pattern);

/** Stage 5. Tenant first, then role. A foreign tenant and one that does not exist get the same answer. */
export async function authorise(
  route: Route,
  params: Readonly<Record<string, string>>,
  identity: Identity,
  store: Store,
): Promise<Principal> {
  const { kind, actor, email, isEmailVerified } = identity;
  const { tenant } = params;
  if (tenant === undefined) return { kind, actor, email, isEmailVerified, tenant: '', role: 'readonly' };
  if (!TENANT_NAME.test(tenant)) {
    throw invalidRequest(`tenant name must ${NAME_RULES.tenant.rule}, not ${JSON.stringify(tenant.slice(0, 80))}`);
  }
  const role = await roleOf(identity, tenant, store);
  if (!role) throw forbidden(`This credential gives no access to tenant "${tenant}"; use a credential of that tenant`);
  if (!isAllowed(role, route.access)) {
    throw forbidden(`This needs the role "admin", and the credential has the role "${role}"; use a key with the right role`);
  }
  return { kind, actor, email, isEmailVerified, tenant, role };
}
