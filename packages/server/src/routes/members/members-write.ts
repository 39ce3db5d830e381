import type { Member } from '@openkupe/contract';
import { conflict, invalidRequest, notFound } from '../../errors/refusal.ts';
import type { Call, Decision } from '../../pipeline/handler.ts';
import type { Resource, TenantSpec } from '../../store/resource.ts';
import { keyOf, updateIf } from '../../store/writes.ts';
import { loadTenant } from '../load.ts';

/** Two spellings of an address that differ in case alone are one member. */
export const canonicalEmail = (email: string) => email.toLowerCase();

/** The member that the path names, or 404. */
function memberOf(tenant: Resource<'tenant'>, email = ''): Member {
  const wanted = canonicalEmail(email);
  const found = tenant.spec.members.find((member) => canonicalEmail(member.email) === wanted);
  if (!found) throw notFound('Member', wanted, tenant.name);
  return found;
}

/** The tenant with the member that the path names, for a write of either. */
export function loadMember(call: Call) {
  const tenant = loadTenant(call);
  return { tenant, member: memberOf(tenant, call.params.email), precondition: tenant };
}

/** The members without one, by address. */
export function membersBeside(tenant: Resource<'tenant'>, member: Member): Member[] {
  return tenant.spec.members.filter(({ email }) => email !== member.email);
}

/** Refuses every change of a tenant that is on its way out. */
export function checkIsStaying(tenant: Resource<'tenant'>): void {
  if (tenant.deletedAt !== undefined)
    throw conflict(`Tenant "${tenant.name}" is being deleted; its members cannot be changed`, 'terminating');
}

/** Refuses a change that would leave no admin: there is no way back from that through the API. */
export function checkAdmins(after: readonly Member[], member: Member): void {
  if (after.some(({ role }) => role === 'admin')) return;
  throw invalidRequest(`"${member.email}" is the only admin of the tenant; make another member admin first`, 'last-admin');
}

/** Addresses of removed members that a tenant remembers, about 40 bytes each in a row that every request reads. */
const MOST_REMOVED = 1_000;

/**
 * Who was removed, so that the groups of a token do not let them in again. Beyond the most that are remembered, forgetting one would let
 * that one in; instead the tenant is open to its members alone from then on, and nothing needs to be remembered.
 */
function removedAfter({ spec }: Resource<'tenant'>, members: readonly Member[]): Pick<TenantSpec, 'removedMembers' | 'isMembersOnly'> {
  if (spec.isMembersOnly) return {};
  const present = new Set(members.map(({ email }) => canonicalEmail(email)));
  const gone = [...(spec.removedMembers ?? []), ...spec.members.map(({ email }) => canonicalEmail(email))];
  const removed = [...new Set(gone.filter((email) => !present.has(email)))];
  if (removed.length > MOST_REMOVED) return { isMembersOnly: true };
  return removed.length > 0 ? { removedMembers: removed } : {};
}

/** The change that leaves the tenant with `members`, and so moves its ETag. */
export function membersWrite(
  tenant: Resource<'tenant'>,
  members: readonly Member[],
  shown: { readonly email: string; readonly message: string; readonly body?: Member },
): Decision {
  const { removedMembers: _before, ...rest } = tenant.spec;
  const key = keyOf(tenant);
  const sorted = members.toSorted((left, right) => (left.email < right.email ? -1 : 1));
  return {
    target: `members/${shown.email}`,
    writes: [updateIf(tenant, { ...rest, members: sorted, ...removedAfter(tenant, members) })],
    events: [{ key, type: 'changed', message: shown.message }],
    answer: shown.body ? { body: shown.body } : {},
  };
}
