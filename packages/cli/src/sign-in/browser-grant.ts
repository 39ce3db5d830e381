import { checkEndpoint } from './bounded-fetch.ts';
import { type Connection, SCOPE, type Tokens } from './connection.ts';

/** A browser sign-in in progress: the address, and what the redirect is checked against. */
export interface BrowserRequest {
  readonly url: string;
  readonly state: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
}

/** The authorization request (RFC 6749 §4.1.1) with PKCE (RFC 7636), as an address to open. */
export function startBrowser({ oauth, server, parties, ask }: Connection, redirectUri: string): Promise<BrowserRequest> {
  return ask(async () => {
    const [state, codeVerifier] = [oauth.generateRandomState(), oauth.generateRandomCodeVerifier()];
    const url = new URL(server.authorization_endpoint ?? '');
    // NOTE: it is passed to a program of the desktop, which would open a file as well.
    checkEndpoint(url);
    const parameters = {
      client_id: parties[1].client_id,
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
  });
}

/** Exchanges the redirect of the browser for tokens, after checking `state`, and `iss` where the issuer sends it (RFC 9207). */
export function finishBrowser(connection: Connection, request: BrowserRequest, redirect: URL): Promise<Tokens> {
  const { oauth, server, parties, options, ask, tokensOf } = connection;
  const { state, codeVerifier, redirectUri } = request;
  return ask(async () => {
    const parameters = oauth.validateAuthResponse(server, parties[1], redirect, state);
    const response = await oauth.authorizationCodeGrantRequest(...parties, parameters, redirectUri, codeVerifier, options);
    return tokensOf(await oauth.processAuthorizationCodeResponse(server, parties[1], response));
  });
}
