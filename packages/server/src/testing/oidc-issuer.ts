import { createServer, type Server } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
// @ts-expect-error the package has no types
import { Provider } from 'oidc-provider';

/** A certified OpenID provider on loopback that issues JWT access tokens by the client credentials grant. */
export interface OidcIssuerUnderTest {
  readonly issuer: string;
  /** A new access token with these claims for this audience, signed with the newest key. */
  token(claims: Readonly<Record<string, unknown>>, audience?: string): Promise<string>;
  /** Replaces the signing keys: tokens issued from now on name a new key. */
  rotateKeys(): Promise<void>;
  stop(): Promise<void>;
}

export const AUDIENCE = 'kupe-cli';
const CLIENT = { client_id: 'robot', client_secret: 'robot-secret-of-the-test' };

async function newKey() {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(privateKey)), use: 'sig', alg: 'ES256', kid: crypto.randomUUID() };
}

/** Starts an {@link OidcIssuerUnderTest} on a free port. */
export async function startOidcIssuer(): Promise<OidcIssuerUnderTest> {
  const server: Server = createServer((request, response) => handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  let claims: Readonly<Record<string, unknown>> = {};
  let handle: Parameters<typeof createServer>[1] & ((...args: never[]) => unknown);

  async function build(): Promise<void> {
    const provider = new Provider(issuer, {
      jwks: { keys: [await newKey()] },
      clients: [
        { ...CLIENT, id_token_signed_response_alg: 'ES256', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
      ],
      cookies: { keys: ['test'] },
      scopes: ['openid'],
      extraTokenClaims: () => ({ ...claims }),
      ttl: { ClientCredentials: 600 },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_context: unknown, resource: string) => ({
            scope: 'openid',
            audience: resource.replace('urn:', ''),
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'ES256' } },
          }),
        },
      },
    } as never);
    handle = provider.callback() as typeof handle;
  }
  await build();

  return {
    issuer,
    async token(wanted, audience = AUDIENCE) {
      claims = wanted;
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${CLIENT.client_id}:${CLIENT.client_secret}`).toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: `urn:${audience}` }),
      });
      const body = (await response.json()) as { access_token?: string };
      if (!body.access_token) throw new Error(`The issuer gave no token: ${JSON.stringify(body)}`);
      return body.access_token;
    },
    rotateKeys: build,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
