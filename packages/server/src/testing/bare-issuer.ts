import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

/** An issuer that signs whatever a test wants, and answers as badly as a test wants. */
export interface BareIssuer {
  readonly issuer: string;
  /** A token with these claims; `iss`, `aud`, `sub`, `exp` and `iat` are good ones unless they are given. */
  sign(payload: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>;
  /** How many requests there were. */
  readonly asked: number;
  stop(): Promise<void>;
}

export interface BareIssuerAnswers {
  /** Answers the discovery document. Given the good one. */
  readonly discovery?: (document: object, request: IncomingMessage, response: ServerResponse) => void;
  /** Answers the keys. Given the good ones. */
  readonly keys?: (keys: object, request: IncomingMessage, response: ServerResponse) => void;
}

const asJson = (value: object, _request: IncomingMessage, response: ServerResponse) =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));

/** Starts a {@link BareIssuer} on a free port of loopback. */
export async function startBareIssuer({ discovery = asJson, keys = asJson }: BareIssuerAnswers = {}): Promise<BareIssuer> {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(pair.publicKey)), use: 'sig', alg: 'ES256', kid: 'one' };
  let asked = 0;
  const listener: RequestListener = (request, response) => {
    asked += 1;
    if (request.url === '/keys') return keys({ keys: [jwk] }, request, response);
    return discovery({ issuer, jwks_uri: `${issuer}/keys` }, request, response);
  };
  const server = createServer({ maxHeaderSize: 64 * 1024 }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    get asked() {
      return asked;
    },
    async sign(payload, header = {}) {
      const seconds = Math.floor(Date.now() / 1000);
      const claims = { iss: issuer, aud: 'kupe-cli', sub: 'someone', iat: seconds, exp: seconds + 600, ...payload } as JWTPayload;
      return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'one', ...header }).sign(pair.privateKey);
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
