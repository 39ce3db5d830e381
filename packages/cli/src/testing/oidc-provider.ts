import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
// @ts-expect-error the package has no types
import { Provider } from 'oidc-provider';

/** What an issuer puts into the access tokens of a user. */
export type TokenClaims = Readonly<Record<string, unknown>>;

/** A certified OpenID provider on loopback, with the client `kupe-cli`: device flow, code with PKCE, rotating refresh tokens, revocation. */
export interface OidcProviderUnderTest {
  readonly issuer: string;
  /** The claims of access tokens made from now on. */
  claims: TokenClaims;
  /** How long access tokens made from now on live. */
  accessTokenSeconds: number;
  /** How long device codes made from now on live. */
  deviceCodeSeconds: number;
  /** Every token request so far: its grant type. */
  readonly grants: string[];
  /** Every token response, for searching what was printed. */
  readonly secrets: string[];
  /** Revokes everything that was granted. */
  forgetGrants(): Promise<void>;
  stop(): Promise<void>;
}

const AUDIENCE = 'kupe-cli';
const CLIENT = {
  client_id: 'kupe-cli',
  token_endpoint_auth_method: 'none',
  application_type: 'native',
  redirect_uris: ['http://localhost/callback'],
  response_types: ['code'],
  grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
};

interface Tokens {
  readonly access_token?: string;
  readonly refresh_token?: string;
}

/** Starts an {@link OidcProviderUnderTest} on a free port. Any user name is accepted. */
export async function startOidcProvider(): Promise<OidcProviderUnderTest> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const granted = new Set<string>();
  const under: OidcProviderUnderTest = {
    issuer,
    claims: {},
    accessTokenSeconds: 600,
    deviceCodeSeconds: 60,
    grants: [],
    secrets: [],
    async forgetGrants() {
      for (const id of granted) await (await provider.Grant.find(id))?.destroy();
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const provider = new Provider(issuer, {
    clients: [CLIENT],
    cookies: { keys: ['of-the-test'] },
    scopes: ['openid', 'offline_access', 'groups', 'email', 'profile'],
    claims: { openid: ['sub'], email: ['email'], profile: ['name'], groups: ['groups'] },
    conformIdTokenClaims: false,
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id, email: `${id}@demo.example` }) }),
    extraTokenClaims: () => ({ ...under.claims }),
    rotateRefreshToken: true,
    ttl: {
      AccessToken: () => under.accessTokenSeconds,
      DeviceCode: () => under.deviceCodeSeconds,
      RefreshToken: 3600,
      Grant: 3600,
      Session: 3600,
      Interaction: 600,
      IdToken: 600,
    },
    features: {
      deviceFlow: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => `urn:${AUDIENCE}`,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: 'groups', audience: AUDIENCE, accessTokenFormat: 'jwt' }),
      },
    },
  });
  provider.on('grant.saved', ({ jti }: { jti: string }) => granted.add(jti));
  provider.on('grant.success', (context: { oidc: { params: { grant_type: string } }; body: Tokens }) => {
    under.grants.push(context.oidc.params.grant_type);
    for (const token of [context.body.access_token, context.body.refresh_token]) if (token) under.secrets.push(token);
  });
  server.on('request', provider.callback());
  return under;
}
