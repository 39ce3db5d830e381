import type { Authentication, Authenticator } from '../auth/authenticator.ts';
import { UNKNOWN_ADDRESS } from '../auth/authenticator.ts';
import { roleInTenant } from '../auth/role-in-tenant.ts';
import { invalidRequest, unavailable } from '../errors/refusal.ts';
import type { Resource } from '../store/resource.ts';
import type { Store } from '../store/store.ts';

const API_VERSION = 'authentication.k8s.io/v1';

/** `status.user` of a TokenReview. */
interface ReviewedUser {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
}

/** What is reviewed for the cluster that asks. */
export interface TokenReview {
  readonly token: string;
  readonly cluster: Resource<'cluster'>;
}

/** The token in the body of a request. @throws a 400 for what is no TokenReview of v1. */
export function readToken(body: unknown): string {
  const { apiVersion, kind, spec } = (typeof body === 'object' && body !== null ? body : {}) as Partial<Record<string, unknown>>;
  if (apiVersion !== API_VERSION || kind !== 'TokenReview') {
    throw invalidRequest(`The body is not a TokenReview of ${API_VERSION}; set --authentication-token-webhook-version=v1`);
  }
  const { token } = (typeof spec === 'object' && spec !== null ? spec : {}) as Partial<Record<string, unknown>>;
  if (typeof token !== 'string' || token === '') throw invalidRequest('The TokenReview names no token; send spec.token');
  return token;
}

/**
 * The user of a credential. The name has a prefix, because names of `system:` belong to Kubernetes; the groups are all that roles are bound
 * to. `status.audiences` is left out: the token is then valid for the API server alone, and for no other audience that a pod asks about.
 */
function userOf({ identity }: Extract<Authentication, { outcome: 'identified' }>, role: string, tenant: string): ReviewedUser {
  const { kind, actor } = identity;
  return {
    username: `kupe:${kind === 'api-key' ? 'key' : 'user'}:${actor}`,
    uid: actor,
    groups: [`kupe:tenant:${tenant}`, `kupe:role:${role}`],
  };
}

/**
 * Who a token is in the cluster; `undefined` for every token that gives no access there, without the reason: a wrong, revoked or expired one,
 * one of another tenant, one without the scope to connect, and each of a suspended tenant. A key that is bound to addresses is one of
 * them, because an API server does not say where its client is.
 *
 * @throws a 503 where it cannot be decided now, which the API server retries.
 */
export async function reviewToken(
  { token, cluster: { tenant } }: TokenReview,
  { authenticator, store }: { readonly authenticator: Authenticator; readonly store: Pick<Store, 'get'> },
): Promise<ReviewedUser | undefined> {
  const authentication = await authenticator.authenticate(token, UNKNOWN_ADDRESS);
  const role = await roleInTenant(authentication, tenant, store);
  if (typeof role === 'object') {
    throw unavailable('The token cannot be verified at the moment; retry with backoff', role.retryAfterMs, 'issuer-unavailable');
  }
  if (authentication.outcome !== 'identified' || role === 'foreign' || role === 'unknown') return undefined;
  const found = await store.get({ kind: 'tenant', tenant, name: tenant });
  return !found || found.spec.suspended ? undefined : userOf(authentication, role, tenant);
}

/** The answer to a review. */
export function formatReview(user: ReviewedUser | undefined): string {
  return JSON.stringify({
    apiVersion: API_VERSION,
    kind: 'TokenReview',
    status: user ? { authenticated: true, user } : { authenticated: false },
  });
}
