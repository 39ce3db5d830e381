import { type Route, SUGGESTED_WAITS } from '@openkupe/contract';
import { ANYBODY, type Identity } from '../auth/principal.ts';
import { verifyCredential } from '../auth/verify-credential.ts';
import { unauthenticated, unavailable } from '../errors/refusal.ts';
import type { Exchange } from './exchange.ts';
import { tooManyRequests } from './pass-guard.ts';
import type { Ports } from './ports.ts';

/** Stage 4. Who is asking. A right credential passes whatever failed before it; a wrong one is 401, and 429 once too many were. */
export async function authenticate(exchange: Exchange, route: Route, ports: Ports): Promise<Identity> {
  if (route.access === 'public') return ANYBODY;
  const { clientAddress: address, credential } = exchange;
  if (credential === undefined) {
    throw unauthenticated(
      exchange.request.headers.authorization === undefined
        ? 'No credential was sent; send "Authorization: Bearer <API key>"'
        : 'The Authorization header is malformed; send "Authorization: Bearer <API key>"',
    );
  }
  const verification = await verifyCredential({ address, credential }, ports);
  if (verification.outcome === 'refused') throw tooManyRequests(verification.refusal, exchange);
  if (verification.outcome === 'unavailable') throw unavailable(verification.message, SUGGESTED_WAITS.issuerMs, 'issuer-unavailable');
  if (verification.outcome === 'invalid') throw refuse(verification.lacks);
  exchange.progress.actor = verification.identity.actor;
  return verification.identity;
}

function refuse(lacks: 'groups' | undefined): Error {
  if (lacks === 'groups') return unauthenticated('token missing groups claim; sign in again with the scope "groups"', 'missing_groups');
  return unauthenticated(
    'invalid token: the credential is not valid; check it before you retry, because repeated failures slow this address down',
  );
}
