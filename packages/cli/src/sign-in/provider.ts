import type { Clock } from '@openkupe/contract/clock';
import type { AuthorizationServer, DeviceAuthorizationResponse, TokenEndpointResponse } from 'oauth4webapi';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import type { Network } from '../network/network.ts';
import { checkEndpoint, issuerFetch } from './bounded-fetch.ts';
import type { Issuer } from './issuer.ts';
import { isNoAnswer, issuerFailure, oauthErrorOf } from './issuer-failure.ts';

/** `groups` carries the tenants and roles; `offline_access` asks for a refresh token. */
const SCOPE = 'openid email profile offline_access groups';
const REQUEST_TIMEOUT_MS = 10_000;

/** The tokens that an issuer issued. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly expiresAtMs: number | undefined;
  /** From the ID token; for display only. */
  readonly email: string | undefined;
}

/** `pending` and `slow-down` are those of RFC 8628 §3.5; `no-answer` is a lost request, after which polling goes on. */
export type Poll = Tokens | 'pending' | 'slow-down' | 'denied' | 'expired' | 'no-answer';

/** A browser sign-in in progress: the address, and what the redirect is checked against. */
export interface BrowserRequest {
  readonly url: string;
  readonly state: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
}

/** One issuer, discovered. Every method fails with an {@link issuerFailure}, or with the signal's reason. */
export interface Provider {
  startDevice(): Promise<DeviceAuthorizationResponse>;
  poll(deviceCode: string): Promise<Poll>;
  startBrowser(redirectUri: string): Promise<BrowserRequest>;
  /** Exchanges the answer of the browser for tokens, after checking `state`, and `iss` where the issuer sends it (RFC 9207). */
  finishBrowser(request: BrowserRequest, answer: URL): Promise<Tokens>;
  refresh(refreshToken: string): Promise<Tokens | 'invalid-grant'>;
  /** Resolves to false when the issuer has no revocation endpoint. */
  revoke(token: string): Promise<boolean>;
}

const POLLS: Readonly<Record<string, Poll>> = {
  authorization_pending: 'pending',
  slow_down: 'slow-down',
  access_denied: 'denied',
  expired_token: 'expired',
};

/** Discovers the issuer (OpenID Connect Discovery 1.0). Every request ends after 10 s. */
export async function openProvider(
  { issuer, clientId }: Issuer,
  { clock, signal, network }: { clock: Clock; signal: AbortSignal; network: Network },
): Promise<Provider> {
  // NOTE: loaded for a sign-in or a renewal only, because loading takes time.
  const oauth = await import('oauth4webapi');
  const client = { client_id: clientId };
  const noSecret = oauth.None();
  const options = {
    // NOTE: a getter, because a timeout begins when it is made.
    get signal() {
      return AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
    },
    [oauth.allowInsecureRequests]: new URL(issuer).protocol === 'http:',
    [oauth.customFetch]: issuerFetch(network),
  };

  async function ask<Value>(request: () => Promise<Value>): Promise<Value> {
    try {
      return await request();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw issuerFailure(error, issuer);
    }
  }

  async function discover(): Promise<AuthorizationServer> {
    return oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), options));
  }

  function tokensOf(answer: TokenEndpointResponse): Tokens {
    const email = oauth.getValidatedIdTokenClaims(answer)?.email;
    return {
      accessToken: answer.access_token,
      refreshToken: answer.refresh_token,
      expiresAtMs: answer.expires_in === undefined ? undefined : clock.now() + answer.expires_in * 1000,
      email: typeof email === 'string' ? email : undefined,
    };
  }

  const server = await ask(discover);
  return {
    startDevice: () =>
      ask(async () => {
        if (server.device_authorization_endpoint === undefined) {
          throw new Failure(`The issuer ${issuer} offers no sign-in by device code; add --browser.`, {
            code: 'no-device-flow',
            exit: EXIT.misuse,
          });
        }
        const response = await oauth.deviceAuthorizationRequest(server, client, noSecret, { scope: SCOPE }, options);
        return oauth.processDeviceAuthorizationResponse(server, client, response);
      }),
    async poll(deviceCode) {
      try {
        const response = await oauth.deviceCodeGrantRequest(server, client, noSecret, deviceCode, options);
        return tokensOf(await oauth.processDeviceCodeResponse(server, client, response));
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (isNoAnswer(error)) return 'no-answer';
        const poll = POLLS[oauthErrorOf(error)?.error ?? ''];
        if (poll) return poll;
        throw issuerFailure(error, issuer);
      }
    },
    startBrowser: (redirectUri) =>
      ask(async () => {
        const [state, codeVerifier] = [oauth.generateRandomState(), oauth.generateRandomCodeVerifier()];
        const url = new URL(server.authorization_endpoint ?? '');
        // NOTE: it is passed to a program of the desktop, which would open a file as well.
        checkEndpoint(url);
        const parameters = {
          client_id: clientId,
          response_type: 'code',
          redirect_uri: redirectUri,
          scope: SCOPE,
          state,
          code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
          code_challenge_method: 'S256',
          // NOTE: without it an issuer may leave out the refresh token (OpenID Connect Core 1.0 §11).
          prompt: 'consent',
        };
        for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
        return { url: url.href, state, codeVerifier, redirectUri };
      }),
    finishBrowser: ({ state, codeVerifier, redirectUri }, answer) =>
      ask(async () => {
        const parameters = oauth.validateAuthResponse(server, client, answer, state);
        const response = await oauth.authorizationCodeGrantRequest(
          server,
          client,
          noSecret,
          parameters,
          redirectUri,
          codeVerifier,
          options,
        );
        return tokensOf(await oauth.processAuthorizationCodeResponse(server, client, response));
      }),
    refresh: (refreshToken) =>
      ask(async () => {
        try {
          const response = await oauth.refreshTokenGrantRequest(server, client, noSecret, refreshToken, options);
          return tokensOf(await oauth.processRefreshTokenResponse(server, client, response));
        } catch (error) {
          if (oauthErrorOf(error)?.error === 'invalid_grant') return 'invalid-grant';
          throw error;
        }
      }),
    revoke: (token) =>
      ask(async () => {
        if (server.revocation_endpoint === undefined) return false;
        await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, noSecret, token, options));
        return true;
      }),
  };
}
