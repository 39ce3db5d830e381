import { isAllowed, NAME_RULES, type Route } from '@openkupe/contract';
import type { Principal } from '../auth/principal.ts';
import { forbidden, invalidRequest } from '../refusal.ts';

const TENANT_NAME = new RegExp(NAME_RULES.tenant.pattern);

/** Stage 5. Tenant first, then role. A foreign tenant and one that does not exist get the same answer. */
export function authorise(route: Route, params: Readonly<Record<string, string>>, principal: Principal): void {
  const tenant = params.tenant;
  if (tenant !== undefined) {
    if (!TENANT_NAME.test(tenant))
      throw invalidRequest(`tenant name must ${NAME_RULES.tenant.rule}, not ${JSON.stringify(tenant.slice(0, 80))}`);
    if (tenant !== principal.tenant)
      throw forbidden(`This credential gives no access to tenant "${tenant}"; use a credential of that tenant`);
  }
  if (!isAllowed(principal.role, route.access)) {
    throw forbidden(`This needs the role "admin", and the credential has the role "${principal.role}"; use a key with the right role`);
  }
}
