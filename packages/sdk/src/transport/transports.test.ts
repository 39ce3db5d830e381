import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createFetchTransport } from './fetch.ts';
import { createNodeTransport } from './node-http.ts';
import { MOST_RESPONSE_BYTES, NoAnswer, type Transport, type TransportRequest } from './transport.ts';

let server: http.Server;
let origin: string;
let seen: string[] = [];

const ROUTES: Record<string, (request: http.IncomingMessage, response: http.ServerResponse) => void> = {
  '/ok': (request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      response.writeHead(200, { ETag: '"1.0"', 'Content-Type': 'application/json' });
      const { authorization, 'user-agent': userAgent, 'x-request-attempt': attempt } = request.headers;
      response.end(JSON.stringify({ method: request.method, body, authorization, userAgent, attempt }));
    });
  },
  '/moved': (_, response) => response.writeHead(302, { Location: '/ok' }).end(),
  '/large': (_, response) => {
    response.writeHead(200);
    const part = Buffer.alloc(1024 * 1024, 32);
    for (let bytes = 0; bytes <= MOST_RESPONSE_BYTES; bytes += part.length) response.write(part);
    response.end();
  },
  '/half': (_, response) => {
    response.writeHead(200, { 'Content-Length': '100' });
    response.write('half');
    setTimeout(() => response.destroy(), 10);
  },
  '/reset': (request) => void request.socket.destroy(),
  '/silent': () => {},
};

beforeEach(async () => {
  seen = [];
  server = http.createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    ROUTES[request.url ?? '']?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function ask(path: string, changes: Partial<TransportRequest> = {}): TransportRequest {
  const signal = new AbortController().signal;
  return { method: 'GET', url: origin + path, headers: { authorization: 'Bearer k' }, isRepeatable: true, signal, ...changes };
}

async function reason(work: Promise<unknown>): Promise<NoAnswer> {
  const error: unknown = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof NoAnswer)) throw new Error(`Expected NoAnswer, got ${String(error)}`);
  return error;
}

const CASES: [string, () => Transport][] = [
  ['fetch', () => createFetchTransport()],
  ['node-http', () => createNodeTransport()],
];

test('Node says from the second attempt on which one it is; fetch, which a preflight can stop, never', async () => {
  const said = (transport: Transport) =>
    Promise.all(
      [undefined, 1, 2, 3].map(
        async (attempt) => JSON.parse((await transport.send(ask('/ok', { ...(attempt ? { attempt } : {}) }))).text).attempt,
      ),
    );
  expect(await said(createFetchTransport())).toEqual([undefined, undefined, undefined, undefined]);
  const transport = createNodeTransport();
  expect(await said(transport)).toEqual([undefined, undefined, '2', '3']);
  transport.close?.();
});

describe.each(CASES)('%s', (_, create) => {
  let transport: Transport;
  beforeEach(() => {
    transport = create();
  });
  afterEach(() => transport.close?.());

  test('sends method, headers and body, and reads status, headers and text', async () => {
    const response = await transport.send(ask('/ok', { method: 'POST', body: '{"näme":1}' }));
    expect(response.status).toBe(200);
    expect(response.headers.get('etag')).toBe('"1.0"');
    expect(JSON.parse(response.text)).toMatchObject({ method: 'POST', body: '{"näme":1}', authorization: 'Bearer k' });
  });

  test('never follows a redirect', async () => {
    expect((await transport.send(ask('/moved'))).status).toBe(302);
    expect(seen).toEqual(['GET /moved']);
  });

  test('reads at most 10 MiB', async () => {
    expect((await reason(transport.send(ask('/large')))).kind).toBe('unreadable');
  });

  test.each(['/half', '/reset'])('an answer that breaks off at %s is no answer', async (path) => {
    expect((await reason(transport.send(ask(path)))).kind).toBe('no-answer');
  });

  test('a refused connection is certain to have sent nothing', async () => {
    const closed = http.createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    expect((await reason(transport.send(ask('/ok', { url: `http://127.0.0.1:${port}/ok` })))).kind).toBe('unreachable');
  });

  test('an abort ends it', async () => {
    const controller = new AbortController();
    const work = transport.send(ask('/silent', { signal: controller.signal }));
    setTimeout(() => controller.abort(), 20);
    await expect(work).rejects.toThrow();
  });
});

describe('fetch', () => {
  afterEach(() => void vi.unstubAllGlobals());

  test.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0', 'node'],
    ['Node.js/24', 'openkupe-sdk/0.1.0'],
  ])('in %s the user agent sent is %s', async (userAgent, sent) => {
    vi.stubGlobal('navigator', { userAgent });
    const { text } = await createFetchTransport().send(ask('/ok', { headers: { 'user-agent': 'openkupe-sdk/0.1.0' } }));
    expect(JSON.parse(text)).toMatchObject({ userAgent: sent });
  });
});
