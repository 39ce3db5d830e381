import type { Role } from '@openkupe/contract';
import type { Identity } from '../auth/principal.ts';
import { fieldsOf } from './fields-of.ts';

/** A user as Kubernetes knows it: `status.user` of a TokenReview, and what a SubjectAccessReview repeats of it. */
export interface ReviewedUser {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Names of `system:` belong to Kubernetes, so ours have a prefix. */
const KEY = 'kupe:key:';
const PERSON = 'kupe:user:';
const ROLE = 'kupe:role:';
/** What of a person's token decides about the role later. */
const EMAIL = 'kupe.io/email';
const EMAIL_VERIFIED = 'kupe.io/email-verified';
const CLAIMED_ROLE = 'kupe.io/claimed-role';

/** The name of a caller in a cluster. */
export const userNameOf = ({ kind, actor }: Pick<Identity, 'kind' | 'actor'>): string => (kind === 'api-key' ? KEY : PERSON) + actor;
/** The groups of a caller in a cluster: all that rights there are bound to. */
export const groupsOf = (role: Role, tenant: string): readonly string[] => [`kupe:tenant:${tenant}`, ROLE + role];

/** The user of a credential that has this role in the tenant. */
export function reviewedUser(identity: Identity, role: Role, tenant: string): ReviewedUser {
  const { kind, actor, email, isEmailVerified, roles } = identity;
  const groups = groupsOf(role, tenant);
  const username = userNameOf(identity);
  if (kind === 'api-key') return { username, uid: actor, groups };
  const extra = { [EMAIL]: [email], [EMAIL_VERIFIED]: [String(isEmailVerified)], [CLAIMED_ROLE]: [roles.get(tenant) ?? ''] };
  return { username, uid: actor, groups, extra };
}

type User = Readonly<Record<string, unknown>>;
const isRole = (text: unknown): text is Role => text === 'admin' || text === 'readonly';

/** The id of the API key that a user is; `undefined` for a person. */
export const keyOf = ({ user }: User): string | undefined =>
  typeof user === 'string' && user.startsWith(KEY) ? user.slice(KEY.length) : undefined;

/** The role in the groups of a user. */
export function roleOfGroups({ groups }: User): Role | undefined {
  const found: unknown[] = Array.isArray(groups) ? groups.map((group) => String(group)) : [];
  return (['admin', 'readonly'] as const).find((role) => found.includes(ROLE + role));
}

/** What the token of a person said that the role depends on; `undefined` for a user that is none of ours. */
export function personOf(
  { user, extra, groups }: User,
  tenant: string,
): Pick<Identity, 'kind' | 'email' | 'isEmailVerified' | 'roles'> | undefined {
  if (typeof user !== 'string' || !user.startsWith(PERSON)) return undefined;
  const value = (name: string) => {
    const values = fieldsOf(extra)[name];
    return Array.isArray(values) && typeof values[0] === 'string' ? values[0] : '';
  };
  if (!(CLAIMED_ROLE in fieldsOf(extra))) {
    const name = user.slice(PERSON.length);
    const email = name.startsWith('subject:') ? '' : name;
    const role = roleOfGroups({ groups });
    return { kind: 'oidc', email, isEmailVerified: email !== '', roles: new Map(role ? [[tenant, role]] : []) };
  }
  const claimed = value(CLAIMED_ROLE);
  const roles = new Map(isRole(claimed) ? [[tenant, claimed]] : []);
  return { kind: 'oidc', email: value(EMAIL), isEmailVerified: value(EMAIL_VERIFIED) === 'true', roles };
}
