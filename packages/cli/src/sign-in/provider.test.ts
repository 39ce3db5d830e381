import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@openkupe/contract/clock';
import { afterEach, describe, expect, test } from 'vitest';
import type { Failure } from '../failure/failure.ts';
import { createNetwork } from '../network/network.ts';
import { openProvider, type Provider } from './provider.ts';

const scene = { clock: systemClock, signal: new AbortController().signal, network: createNetwork({}, undefined) };
const SECRET = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl';
let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function listen(handle: (issuer: string) => RequestListener): Promise<string> {
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.on('request', handle(issuer));
  return issuer;
}

/** An issuer that is broken or means harm, which no certified one can be made to be: its document, and its answer to everything else. */
function issuerWith(
  document: Record<string, unknown>,
  answer: RequestListener = (_, response) => response.writeHead(500).end(),
): Promise<string> {
  return listen((issuer) => (request, response) => {
    if (!request.url?.includes('.well-known')) return answer(request, response);
    const usual = {
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      revocation_endpoint: `${issuer}/revoke`,
    };
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ ...usual, ...document }));
  });
}

async function failureOf(issuer: string, ask: (provider: Provider) => Promise<unknown> = (provider) => provider.refresh(SECRET)) {
  const failure = await openProvider({ issuer, clientId: 'kupe-cli' }, scene)
    .then(ask)
    .then(
      () => expect.unreachable('it should have failed'),
      (error: Failure) => error,
    );
  expect(JSON.stringify([failure.message, failure.details])).not.toContain(SECRET);
  return failure;
}

describe('an issuer that means harm', () => {
  test('is not followed to a file or to clear text', async () => {
    const opened = await failureOf(await issuerWith({ authorization_endpoint: 'file:///etc/passwd' }), (provider) =>
      provider.startBrowser('http://localhost:1/callback'),
    );
    expect(opened).toMatchObject({ message: expect.stringContaining('not https (file://)'), details: { exit: 1 } });
    const sent = await failureOf(await issuerWith({ token_endpoint: 'http://auth.example.com/token' }));
    expect(sent).toMatchObject({ message: expect.stringContaining('not https (http://auth.example.com)'), details: { exit: 1 } });
  });

  test('and repeats the token in its error does not get it onto the terminal', async () => {
    const issuer = await issuerWith({}, (_, response) => {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: 'invalid_request', error_description: `the token ${SECRET} is not mine` }));
    });
    expect(await failureOf(issuer)).toMatchObject({
      message: `The issuer ${issuer} refused: invalid_request: the token … is not mine.`,
      details: { exit: 3 },
    });
  });

  test('and redirects is not followed with the token', async () => {
    const paths: string[] = [];
    const issuer = await issuerWith({}, (request, response) => {
      paths.push(request.url ?? '');
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    expect(await failureOf(issuer)).toMatchObject({ details: { exit: 1, code: 'issuer-unusable' } });
    expect(paths).toEqual(['/token']);
  });

  test('and answers without end is not read without end', async () => {
    let sentBytes = 0;
    const issuer = await listen(() => (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const chunk = Buffer.alloc(64 * 1024, ' ');
      const more = () => {
        while (!response.destroyed && response.write(chunk)) sentBytes += chunk.length;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    expect(await failureOf(issuer)).toMatchObject({ details: { exit: 1, code: 'issuer-unusable' } });
    expect(sentBytes).toBeLessThan(16 * 1024 * 1024);
  });

  test('and claims to be another one is not believed', async () => {
    expect(await failureOf(await issuerWith({ issuer: 'https://auth.example.com' }))).toMatchObject({
      details: { code: 'issuer-unusable' },
    });
  });
});

test.each([
  ['500', 500, {}],
  ['503', 503, {}],
  ['429', 429, { error: 'slow_down' }],
  ['temporarily_unavailable', 400, { error: 'temporarily_unavailable' }],
])('%s means that the issuer is away: exit code 7', async (_, status, body) => {
  const issuer = await issuerWith({}, (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  expect(await failureOf(issuer)).toMatchObject({ details: { exit: 7, code: 'issuer-unavailable' } });
});

test('without a device endpoint it says to use the browser; without a revocation endpoint nothing is revoked', async () => {
  const issuer = await issuerWith({ revocation_endpoint: undefined });
  expect(await failureOf(issuer, (provider) => provider.startDevice())).toMatchObject({
    message: expect.stringContaining('--browser'),
    details: { exit: 2 },
  });
  const provider = await openProvider({ issuer, clientId: 'kupe-cli' }, scene);
  expect(await provider.revoke(SECRET)).toBe(false);
});
