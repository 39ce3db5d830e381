import type { Route } from '@openkupe/contract';
import type { Principal } from '../auth/principal.ts';
import type { Ports } from '../ports.ts';
import { unauthenticated } from '../refusal.ts';
import type { Exchange } from './exchange.ts';
import { tooManyRequests } from './pass-guard.ts';

/** Whoever calls a public route. A token that comes along is ignored. */
const ANYBODY: Principal = { tenant: '', role: 'readonly', actor: 'anybody', email: '' };

/** Stage 4. Who is asking; a failure feeds the backoff of the address, a success clears it. */
export async function authenticate(exchange: Exchange, route: Route, ports: Ports): Promise<Principal> {
  if (route.access === 'public') return ANYBODY;
  const { clientAddress: address, credential } = exchange;
  if (credential === undefined) {
    throw unauthenticated(
      exchange.request.headers.authorization === undefined
        ? 'No credential was sent; send "Authorization: Bearer <API key>"'
        : 'The Authorization header is malformed; send "Authorization: Bearer <API key>"',
    );
  }
  const principal = await verify({ address, credential }, exchange, ports);
  if (!principal)
    throw unauthenticated(
      'invalid token: the credential is not valid; check it before you retry, because repeated failures slow this address down',
    );
  exchange.progress.actor = principal.actor;
  return principal;
}

/** Asks the guard right before looking: a volley of guesses is not verified side by side, and a key that was wrong a moment ago not at all. */
async function verify(request: { address: string; credential: string }, exchange: Exchange, ports: Ports): Promise<Principal | undefined> {
  const start = ports.guard.beginAuthentication(request);
  if (start.outcome === 'refused') throw tooManyRequests(start.refusal, exchange);
  if (start.outcome === 'known-invalid') return undefined;
  let isValid: boolean | undefined;
  try {
    const principal = await ports.authenticator.authenticate(request.credential);
    isValid = principal !== undefined;
    return principal;
  } finally {
    start.finish(isValid);
  }
}
