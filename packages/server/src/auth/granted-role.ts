import type { Role } from '@openkupe/contract';
import type { TenantSpec } from '../store/resource.ts';
import type { Store } from '../store/store.ts';
import type { Identity } from './principal.ts';

const weaker = (one: Role | undefined, other: Role | undefined): Role | undefined =>
  one === undefined || other === undefined ? undefined : one === 'readonly' ? one : other;

/** What a tenant says about the person with this address: a role, `none` for a removed member, nothing about a stranger. */
function listing(email: string, { members, removedMembers = [] }: TenantSpec): Role | 'none' | undefined {
  const member = members.find((one) => one.email.toLowerCase() === email);
  return member?.role ?? (removedMembers.includes(email) ? 'none' : undefined);
}

/**
 * The role in a tenant of a person who signed in. What the tenant says wins over the groups that the issuer claims, from the next request
 * on: "A new member can sign in by SSO at once; a removed member loses access at once". A stranger to the tenant has the role of the
 * groups.
 *
 * A verified address decides both ways. An address that the issuer does not vouch for can only take away. A token that names no address
 * could be anybody's who is or was a member, and a client may leave the address out on purpose: it gets what the weakest of them would.
 * Where so many were removed that not all are remembered, groups alone give nothing.
 */
export function grantedRole(identity: Identity, tenant: string, spec: TenantSpec | undefined): Role | undefined {
  const claimed = identity.roles.get(tenant);
  if (!spec) return claimed;
  const byGroups = spec.isMembersOnly ? undefined : claimed;
  if (identity.email === '') {
    if (spec.removedMembers && spec.removedMembers.length > 0) return undefined;
    return spec.members.reduce<Role | undefined>((role, member) => weaker(role, member.role), byGroups);
  }
  const listed = listing(identity.email, spec);
  if (listed === undefined) return byGroups;
  if (listed === 'none') return undefined;
  return identity.isEmailVerified ? listed : weaker(claimed, listed);
}

/** The role of an identity in a tenant as the store says now. An API key has the role that it was made with. */
export async function roleOf(identity: Identity, tenant: string, store: Pick<Store, 'get'>): Promise<Role | undefined> {
  if (identity.kind !== 'oidc') return identity.roles.get(tenant);
  const found = await store.get({ kind: 'tenant', tenant, name: tenant });
  return grantedRole(identity, tenant, found?.spec);
}
