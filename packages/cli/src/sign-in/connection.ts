import type { Clock } from '@openkupe/contract/clock';
import type { AuthorizationServer, Client, ClientAuth, DeviceAuthorizationRequestOptions, TokenEndpointResponse } from 'oauth4webapi';
import type { Network } from '../network/network.ts';
import { issuerFetch } from './bounded-fetch.ts';
import type { Issuer } from './issuer.ts';
import { issuerFailure } from './issuer-failure.ts';

const REQUEST_TIMEOUT_MS = 10_000;

/** `groups` carries the tenants and roles; `offline_access` asks for a refresh token. */
export const SCOPE = 'openid email profile offline_access groups';

/** The tokens that an issuer issued. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly expiresAtMs: number | undefined;
  /** From the ID token; for display only. */
  readonly email: string | undefined;
}

/** A discovered issuer, and what every request to it needs. */
export interface Connection {
  readonly oauth: typeof import('oauth4webapi');
  readonly issuer: string;
  readonly server: AuthorizationServer;
  /** The first arguments of most requests: the server, the public client, and that it has no secret. */
  readonly parties: readonly [AuthorizationServer, Client, ClientAuth];
  readonly options: DeviceAuthorizationRequestOptions;
  readonly signal: AbortSignal;
  /** Runs requests. Their errors become an {@link issuerFailure}, or the reason of the signal. */
  ask<Value>(requests: () => Promise<Value>): Promise<Value>;
  tokensOf(response: TokenEndpointResponse): Tokens;
}

/** Discovers the issuer (OpenID Connect Discovery 1.0). Every request ends after 10 s. */
export async function connectToIssuer(
  { issuer, clientId }: Issuer,
  { clock, signal, network }: { clock: Clock; signal: AbortSignal; network: Network },
): Promise<Connection> {
  // NOTE: loaded for a sign-in or a renewal only, because loading takes time.
  const oauth = await import('oauth4webapi');
  const options = {
    // NOTE: a getter, because a timeout begins when it is made.
    get signal() {
      return AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
    },
    [oauth.allowInsecureRequests]: new URL(issuer).protocol === 'http:',
    [oauth.customFetch]: issuerFetch(network),
  };

  async function ask<Value>(requests: () => Promise<Value>): Promise<Value> {
    try {
      return await requests();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw issuerFailure(error, issuer);
    }
  }

  function tokensOf(response: TokenEndpointResponse): Tokens {
    const email = oauth.getValidatedIdTokenClaims(response)?.email;
    return {
      accessToken: response.access_token,
      refreshToken: response.refresh_token,
      expiresAtMs: response.expires_in === undefined ? undefined : clock.now() + response.expires_in * 1000,
      email: typeof email === 'string' ? email : undefined,
    };
  }

  const server = await ask(async () =>
    oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), options)),
  );
  return { oauth, issuer, server, parties: [server, { client_id: clientId }, oauth.None()], options, signal, ask, tokensOf };
}
