import { hasScope, isAllowed, NAME_RULES, type Route, SUGGESTED_WAITS, scopeOf } from '@openkupe/contract';
import { grantedRole } from '../auth/granted-role.ts';
import { ANYBODY, type Identity, type Principal } from '../auth/principal.ts';
import { type VerificationPorts, verifyCredential } from '../auth/verify-credential.ts';
import { forbidden, invalidRequest, Refusal, unauthenticated, unavailable } from '../errors/refusal.ts';
import type { Resource } from '../store/resource.ts';
import type { Store } from '../store/store.ts';
import type { Exchange } from './exchange.ts';
import type { FoundRoute } from './find-route.ts';
import { tooManyRequests } from './pass-rate-limits.ts';

/** The caller in the tenant that the path names, with the row of that tenant; none on routes without a tenant. */
export interface Authorised {
  readonly principal: Principal;
  readonly tenant: Resource<'tenant'> | undefined;
}

const TENANT_NAME = new RegExp(NAME_RULES.tenant.pattern);

/** Stage 4. Who is asking. A right credential passes whatever failed before it; a wrong one is 401, and 429 once too many were. */
export async function authenticate(exchange: Exchange, route: Route, deps: VerificationPorts): Promise<Identity> {
  if (route.access === 'public') return ANYBODY;
  const { clientAddress: address, credential } = exchange;
  if (credential === undefined) {
    const problem =
      exchange.request.headers.authorization === undefined ? 'No credential was sent' : 'The Authorization header is malformed';
    throw unauthenticated(`${problem}; send "Authorization: Bearer <API key>"`);
  }
  const verification = await verifyCredential({ address, credential }, deps);
  switch (verification.outcome) {
    case 'refused':
      throw tooManyRequests(verification.refusal, exchange);
    case 'unavailable':
      throw unavailable(verification.message, SUGGESTED_WAITS.issuerMs, 'issuer-unavailable');
    case 'invalid':
      if (verification.lacks === 'groups')
        throw unauthenticated('token missing groups claim; sign in again with the scope "groups"', 'missing_groups');
      throw unauthenticated(
        'invalid token: the credential is not valid; check it before you retry, because repeated failures slow this address down',
      );
    case 'identified':
      exchange.actor = verification.identity.actor;
      return verification.identity;
  }
}

/**
 * Stage 5. Tenant first, then role, then scope, then whether the tenant is suspended. A foreign tenant and one that does not exist get the same answer:
 * the row is read only for a caller who has a role there, or whose role depends on it.
 */
export async function authorise(
  { route, params }: FoundRoute,
  identity: Identity,
  { store }: { readonly store: Pick<Store, 'get'> },
): Promise<Authorised> {
  const { kind, actor, email, isEmailVerified, restriction } = identity;
  const { tenant: name } = params;
  if (name === undefined) return { principal: { kind, actor, email, isEmailVerified, tenant: '', role: 'readonly' }, tenant: undefined };
  if (!TENANT_NAME.test(name)) throw invalidRequest(`tenant name must ${NAME_RULES.tenant.rule}, not ${JSON.stringify(name.slice(0, 80))}`);
  const mayHaveRole = kind === 'oidc' || identity.roles.has(name);
  const tenant = mayHaveRole ? await store.get({ kind: 'tenant', tenant: name, name }) : undefined;
  const role = kind === 'oidc' ? grantedRole(identity, name, tenant?.spec) : identity.roles.get(name);
  if (!role) throw forbidden(`This credential gives no access to tenant "${name}"; use a credential of that tenant`);
  if (!isAllowed(role, route.access)) {
    throw forbidden(`This needs the role "admin", and the credential has the role "${role}"; use a key with the right role`);
  }
  refuseMissingScope(route, identity);
  refuseSuspended(tenant);
  return { principal: { kind, actor, email, isEmailVerified, tenant: name, role, restriction }, tenant };
}

/** A key with scopes may call only what one of them is for. The message names the one that it lacks, as the caller's own key it is no secret. */
function refuseMissingScope(route: Route, { actor, restriction }: Identity): void {
  const needed = restriction?.scopes && scopeOf(route);
  if (needed === undefined || hasScope(restriction?.scopes, needed)) return;
  throw new Refusal(403, `This needs the scope "${needed}", which the API key ${actor} does not have; use a key with that scope`, {
    code: 'scope-missing',
  });
}

/** A suspended tenant answers nothing, neither reads nor writes, and says why to its own credentials; its clusters run on. */
function refuseSuspended(tenant: Resource<'tenant'> | undefined): void {
  const suspended = tenant?.spec.suspended;
  if (!suspended) return;
  throw new Refusal(403, `Tenant "${tenant.name}" is suspended: ${suspended.reason}; ask the operator of this installation`, {
    code: 'tenant-suspended',
  });
}
