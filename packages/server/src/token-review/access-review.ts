import { CONNECT_SCOPE, hasScope, type Role } from '@openkupe/contract';
import { hasEnded } from '../auth/api-key-authenticator.ts';
import { grantedRole } from '../auth/granted-role.ts';
import type { Identity } from '../auth/principal.ts';
import { invalidRequest } from '../errors/refusal.ts';
import type { Resource } from '../store/resource.ts';
import type { Store } from '../store/store.ts';
import { fieldsOf } from './fields-of.ts';
import { keyOf, personOf, roleOfGroups } from './reviewed-user.ts';

const API_VERSION = 'authorization.k8s.io/v1';

/** What deciding needs. */
export interface AccessReviewDependencies {
  readonly store: Pick<Store, 'get'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** The user in the body of a request. @throws a 400 for what is no SubjectAccessReview of v1. */
export function readUser(body: unknown): Readonly<Record<string, unknown>> {
  const { apiVersion, kind, spec } = fieldsOf(body);
  if (apiVersion !== API_VERSION || kind !== 'SubjectAccessReview')
    throw invalidRequest(`The body is not a SubjectAccessReview of ${API_VERSION}; send what an API server sends`);
  return fieldsOf(spec);
}

/** The role that a key or a person has in the tenant now. */
async function presentRole(user: Readonly<Record<string, unknown>>, tenant: Resource<'tenant'>, deps: AccessReviewDependencies) {
  const id = keyOf(user);
  if (id === undefined) {
    const person = personOf(user, tenant.name);
    return person && grantedRole(person as Identity, tenant.name, tenant.spec);
  }
  const key = await deps.store.get({ kind: 'api-key', tenant: tenant.name, name: id });
  if (!key || hasEnded(key, deps.now)) return undefined;
  // NOTE: a user of a certificate has no uid; its address was checked when the certificate was issued.
  if (key.spec.addressRanges && user.uid) return undefined;
  return hasScope(key.spec.scopes, CONNECT_SCOPE) ? key.spec.role : undefined;
}

const includes = (present: Role | undefined, held: Role | undefined) => present === 'admin' || (present !== undefined && present === held);

/**
 * Whether a user that was authenticated a moment ago has lost what was granted then. An API server keeps every successful authentication for 10 s
 * (kube-apiserver 1.36: `TokenSuccessCacheTTL`, which no flag sets), so only a second question makes a revocation take effect earlier. What is
 * allowed is for RBAC to say: the answer is a denial, or no opinion.
 */
export async function hasLostAccess(
  user: Readonly<Record<string, unknown>>,
  { tenant: name }: Resource<'cluster'>,
  deps: AccessReviewDependencies,
): Promise<boolean> {
  const tenant = await deps.store.get({ kind: 'tenant', tenant: name, name });
  if (!tenant || tenant.spec.suspended) return true;
  return !includes(await presentRole(user, tenant, deps), roleOfGroups(user));
}

/** The answer to a review. */
export function formatAccess(isDenied: boolean): string {
  const denial = { denied: true, reason: 'the credential was revoked, or gives less access than before' };
  return JSON.stringify({ apiVersion: API_VERSION, kind: 'SubjectAccessReview', status: { allowed: false, ...(isDenied && denial) } });
}
