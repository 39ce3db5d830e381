import { type Authenticator, UNKNOWN_ADDRESS } from '../auth/authenticator.ts';
import { roleInTenant } from '../auth/role-in-tenant.ts';
import { invalidRequest, unavailable } from '../errors/refusal.ts';
import type { Resource } from '../store/resource.ts';
import type { Store } from '../store/store.ts';
import { fieldsOf } from './fields-of.ts';
import { type ReviewedUser, reviewedUser } from './reviewed-user.ts';

const API_VERSION = 'authentication.k8s.io/v1';

/** What is reviewed for the cluster that asks. */
export interface TokenReview {
  readonly token: string;
  readonly cluster: Resource<'cluster'>;
}

/** The token in the body of a request. @throws a 400 for what is no TokenReview of v1. */
export function readToken(body: unknown): string {
  const { apiVersion, kind, spec } = fieldsOf(body);
  if (apiVersion !== API_VERSION || kind !== 'TokenReview') {
    throw invalidRequest(`The body is not a TokenReview of ${API_VERSION}; set --authentication-token-webhook-version=v1`);
  }
  const { token } = fieldsOf(spec);
  if (typeof token !== 'string' || token === '') throw invalidRequest('The TokenReview names no token; send spec.token');
  return token;
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
  return !found || found.spec.suspended ? undefined : reviewedUser(authentication.identity, role, tenant);
}

/**
 * The answer to a review. It has no `status.audiences`: the token is then valid for the API server alone, and for no other audience that a pod
 * asks about.
 */
export function formatReview(user: ReviewedUser | undefined): string {
  return JSON.stringify({
    apiVersion: API_VERSION,
    kind: 'TokenReview',
    status: user ? { authenticated: true, user } : { authenticated: false },
  });
}
