import type { Role } from '@openkupe/contract';
import type { Authenticator } from './authenticator.ts';

/** Which role a bearer token has in `tenant`; `foreign` for a valid one of another tenant, `unknown` for one that cannot be verified. */
export async function roleInTenant(authenticator: Authenticator, token: string, tenant: string): Promise<Role | 'foreign' | 'unknown'> {
  const authentication = await authenticator.authenticate(token);
  if (authentication.outcome !== 'identified') return 'unknown';
  return authentication.identity.roles.get(tenant) ?? 'foreign';
}
