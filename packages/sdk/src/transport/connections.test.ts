import { getEventListeners } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pass } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createNodeTransport } from './node-http.ts';
import type { Transport, TransportRequest } from './transport.ts';

interface Request {
  readonly line: string;
  readonly headers: http.IncomingHttpHeaders;
}

let server: http.Server;
let transport: Transport;
let host: string;
let connections = 0;
/** The connections of this test that are open; those of an earlier one may still be closing. */
let open = new Set<object>();
let mostOnOneSocket = 0;
let seen: Request[] = [];

/** How the server treats a path beyond answering it at once. */
const MANNERS: Record<string, (request: http.IncomingMessage, response: http.ServerResponse) => void> = {
  '/slow': (_, response) => void setTimeout(() => response.end('{}'), 5),
  '/reset': (request) => void request.socket.resetAndDestroy(),
  '/reset-once': (request, response) =>
    seen.filter(({ line }) => line === 'GET /reset-once').length > 1 ? response.end() : void request.socket.destroy(),
  '/half'(request, response) {
    response.writeHead(200, { 'Content-Length': '100' });
    response.write('half', () => setTimeout(() => request.socket.resetAndDestroy(), 5));
  },
  /** Keeps the connection, it says, and closes it a moment later: like a server whose patience with idle connections ends just then. */
  '/fickle'(request, response) {
    response.end('{}');
    setTimeout(() => request.socket.destroy(), seen.length % 3);
  },
};

beforeEach(async () => {
  connections = 0;
  open = new Set();
  mostOnOneSocket = 0;
  seen = [];
  const inFlight = new WeakMap<object, number>();
  server = http.createServer((request, response) => {
    const { socket, method, url = '', headers } = request;
    seen.push({ line: `${method} ${url}`, headers });
    const count = (inFlight.get(socket) ?? 0) + 1;
    inFlight.set(socket, count);
    mostOnOneSocket = Math.max(mostOnOneSocket, count);
    response.on('close', () => inFlight.set(socket, (inFlight.get(socket) ?? 1) - 1));
    const manner = MANNERS[url.split('?')[0] ?? ''];
    if (manner) manner(request, response);
    else response.end('{}');
  });
  server.on('connection', (socket) => {
    connections += 1;
    const ofThisTest = open;
    ofThisTest.add(socket);
    socket.on('close', () => ofThisTest.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  transport = createNodeTransport();
});

afterEach(async () => {
  transport.close?.();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function ask(path: string, changes: Partial<TransportRequest> = {}) {
  const { signal } = new AbortController();
  return transport.send({ method: 'GET', url: host + path, headers: {}, isRepeatable: true, signal, ...changes });
}
const post = (path: string) => ask(path, { method: 'POST', body: '{}', isRepeatable: false });
const lines = () => seen.map(({ line }) => line);

describe('kept connections', () => {
  test('are used again, and for one request at a time', async () => {
    for (let wave = 0; wave < 3; wave++) await Promise.all(Array.from({ length: 64 }, () => ask('/slow')));
    expect(seen).toHaveLength(192);
    expect(mostOnOneSocket).toBe(1);
    expect(connections).toBe(64);
  });

  test('are not for what must not arrive twice: that gets a fresh one', async () => {
    for (let count = 0; count < 5; count++) await ask('/ok');
    expect(connections).toBe(1);
    await post('/ok');
    expect(connections).toBe(2);
    expect(seen.at(-1)?.headers.connection).toBe('close');
  });

  test('are gone after close, and a call under way is not', async () => {
    await ask('/ok');
    const underWay = ask('/slow');
    transport.close?.();
    expect((await underWay).status).toBe(200);
    await vi.waitFor(() => expect(open.size).toBe(0));
    await ask('/ok');
    expect(connections).toBeGreaterThanOrEqual(2);
  });
});

describe('a kept connection that the server had closed', () => {
  test('costs nothing: the request is sent again, at once', async () => {
    await ask('/ok');
    expect((await ask('/reset-once')).status).toBe(200);
    expect(lines()).toEqual(['GET /ok', 'GET /reset-once', 'GET /reset-once']);
  });

  test('is reported for a write, because the server may have carried it out before it closed', async () => {
    await ask('/ok');
    await expect(ask('/reset', { method: 'PATCH', body: '{}' })).rejects.toMatchObject({ kind: 'no-answer' });
    expect(lines()).toEqual(['GET /ok', 'PATCH /reset']);
  });

  test('is made up for once, not for ever', async () => {
    await ask('/ok');
    await expect(ask('/reset')).rejects.toMatchObject({ kind: 'no-answer' });
    expect(lines()).toEqual(['GET /ok', 'GET /reset', 'GET /reset']);
  });

  test('is something else than an answer that broke off, and than a fresh connection that broke', async () => {
    await expect(ask('/reset')).rejects.toMatchObject({ kind: 'no-answer' });
    await ask('/ok');
    await expect(ask('/half')).rejects.toMatchObject({ kind: 'no-answer' });
    expect(lines()).toEqual(['GET /reset', 'GET /ok', 'GET /half']);
  });

  test('fails no call and doubles none, however the moments fall', async () => {
    const ROUNDS = 150;
    for (let round = 0; round < ROUNDS; round++) {
      expect((await ask('/fickle')).status).toBe(200);
      await pass(round % 4);
      expect((await post(`/fickle?${round}`)).status).toBe(200);
    }
    const posts = lines().filter((line) => line.startsWith('POST'));
    expect(posts).toEqual(Array.from({ length: ROUNDS }, (_, round) => `POST /fickle?${round}`));
  });
});

test('a request leaves no listener on its signal', async () => {
  const { signal } = new AbortController();
  await Promise.all([ask('/ok', { signal }), ask('/reset', { signal }).catch(() => {}), ask('/half', { signal }).catch(() => {})]);
  await vi.waitFor(() => expect(getEventListeners(signal, 'abort')).toEqual([]));
});

test('a signal that has aborted already sends nothing', async () => {
  await expect(ask('/ok', { signal: AbortSignal.abort() })).rejects.toThrow();
  await ask('/ok');
  expect(lines()).toEqual(['GET /ok']);
});
