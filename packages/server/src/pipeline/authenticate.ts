import { type Route, SUGGESTED_WAITS } from '@openkupe/contract';
import type { Authentication } from '../auth/authenticator.ts';
import { ANYBODY, type Identity } from '../auth/principal.ts';
import type { Ports } from '../ports.ts';
import { unauthenticated, unavailable } from '../refusal.ts';
import type { Exchange } from './exchange.ts';
import { tooManyRequests } from './pass-guard.ts';

/** Stage 4. Who is asking; a failure feeds the backoff of the address, a success clears it. */
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
  const authentication = await verify({ address, credential }, exchange, ports);
  if (authentication.outcome === 'unavailable') throw unavailable(authentication.message, SUGGESTED_WAITS.issuerMs, 'issuer-unavailable');
  if (authentication.outcome === 'invalid') throw refuse(authentication.lacks);
  exchange.progress.actor = authentication.identity.actor;
  return authentication.identity;
}

function refuse(lacks: 'groups' | undefined): Error {
  if (lacks === 'groups') return unauthenticated('token missing groups claim; sign in again with the scope "groups"', 'missing_groups');
  return unauthenticated(
    'invalid token: the credential is not valid; check it before you retry, because repeated failures slow this address down',
  );
}

/** Asks the guard right before looking: a volley of guesses is not verified side by side, and a key that was wrong a moment ago not at all. */
async function verify(request: { address: string; credential: string }, exchange: Exchange, ports: Ports): Promise<Authentication> {
  const start = ports.guard.beginAuthentication(request);
  if (start.outcome === 'refused') throw tooManyRequests(start.refusal, exchange);
  if (start.outcome === 'known-invalid') return { outcome: 'invalid' };
  let isValid: boolean | undefined;
  try {
    const authentication = await ports.authenticator.authenticate(request.credential);
    // NOTE: a genuine token that lacks a claim is no guess, and neither is one that could not be judged.
    const isGuess = authentication.outcome === 'invalid' && !authentication.lacks;
    isValid = authentication.outcome === 'identified' ? true : isGuess ? false : undefined;
    return authentication;
  } finally {
    start.finish(isValid);
  }
}
