import type { DeviceAuthorizationResponse } from 'oauth4webapi';
import { type BrowserRequest, finishBrowser, startBrowser } from './browser-grant.ts';
import { type Connection, connectToIssuer, type Tokens } from './connection.ts';
import { type Poll, pollDevice, startDevice } from './device-grant.ts';
import type { Issuer } from './issuer.ts';
import { oauthErrorOf } from './issuer-failure.ts';

export type { Tokens };

/** One issuer, discovered. Every method fails with an `issuerFailure`, or with the reason of the signal. */
export interface Provider {
  startDevice(): Promise<DeviceAuthorizationResponse>;
  poll(deviceCode: string): Promise<Poll>;
  startBrowser(redirectUri: string): Promise<BrowserRequest>;
  finishBrowser(request: BrowserRequest, redirect: URL): Promise<Tokens>;
  refresh(refreshToken: string): Promise<Tokens | 'invalid-grant'>;
  /** Resolves to false when the issuer has no revocation endpoint. */
  revoke(token: string): Promise<boolean>;
}

/** The refresh request (RFC 6749 §6). */
async function refresh({ oauth, server, parties, options, tokensOf }: Connection, refreshToken: string): Promise<Tokens | 'invalid-grant'> {
  try {
    const response = await oauth.refreshTokenGrantRequest(...parties, refreshToken, options);
    return tokensOf(await oauth.processRefreshTokenResponse(server, parties[1], response));
  } catch (error) {
    if (oauthErrorOf(error)?.error === 'invalid_grant') return 'invalid-grant';
    throw error;
  }
}

/** The revocation request (RFC 7009). */
async function revoke({ oauth, server, parties, options }: Connection, token: string): Promise<boolean> {
  if (server.revocation_endpoint === undefined) return false;
  await oauth.processRevocationResponse(await oauth.revocationRequest(...parties, token, options));
  return true;
}

/** Discovers the issuer and returns its requests. Each ends after 10 s. */
export async function openProvider(issuer: Issuer, dependencies: Parameters<typeof connectToIssuer>[1]): Promise<Provider> {
  const connection = await connectToIssuer(issuer, dependencies);
  const { ask } = connection;
  return {
    startDevice: () => startDevice(connection),
    poll: (deviceCode) => pollDevice(connection, deviceCode),
    startBrowser: (redirectUri) => startBrowser(connection, redirectUri),
    finishBrowser: (request, redirect) => finishBrowser(connection, request, redirect),
    refresh: (refreshToken) => ask(() => refresh(connection, refreshToken)),
    revoke: (token) => ask(() => revoke(connection, token)),
  };
}
