import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../config/config.ts';
import { type InProcess, startInProcess } from '../testing/in-process.ts';
import { openRaw } from '../testing/raw-connection.ts';

const CLUSTERS = '/api/v1/tenants/demo/clusters';
const CONSOLE = 'https://console.example';
const PREFLIGHT = { origin: CONSOLE, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'authorization,if-match' };

let server: InProcess;
afterEach(() => server.stop());

describe('with allowed origins', () => {
  beforeEach(async () => {
    server = await startInProcess({ OPENKUPE_CORS_ORIGINS: `${CONSOLE}, http://localhost:3000`, OPENKUPE_RATE_LIMIT_BURST: '3' });
  });
  const ask = (headers: Record<string, string>, path = `${CLUSTERS}/one`) => server.send({ method: 'OPTIONS', path, key: null, headers });

  it('a preflight is answered without a credential', async () => {
    const { status, headers, text } = await ask(PREFLIGHT);
    expect([status, text]).toEqual([204, '']);
    expect(headers).toMatchObject({
      'access-control-allow-origin': CONSOLE,
      'access-control-allow-methods': 'HEAD, GET, PATCH, DELETE',
      'access-control-allow-headers': expect.stringContaining('Authorization, Content-Type, If-Match'),
      vary: 'Origin',
    });
    expect(headers['access-control-allow-credentials']).toBeUndefined();
  });

  it('a preflight counts like every request', async () => {
    for (let at = 0; at < 3; at += 1) expect((await ask(PREFLIGHT)).status).toBe(204);
    const refused = await ask(PREFLIGHT);
    expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([429, CONSOLE]);
  });

  it('a preflight for another origin, or for nothing, is refused as before', async () => {
    const other = await ask({ ...PREFLIGHT, origin: 'https://evil.example' });
    expect([other.status, other.headers['access-control-allow-origin'], other.headers.vary]).toEqual([405, undefined, 'Origin']);
    expect((await ask(PREFLIGHT, '/nowhere')).status).toBe(404);
    expect((await ask({ origin: CONSOLE })).status).toBe(405);
  });

  it.each([
    [CONSOLE, CONSOLE],
    ['https://evil.example', undefined],
  ])('what the parser refuses may be read by allowed origins alone: %s', async (origin, allowed) => {
    await server.plane.http.listen({ host: '127.0.0.1', port: 0 });
    const client = await openRaw(server.plane.http);
    client.write(`GET ${CLUSTERS} HTTP/1.1\r\nHost: a\r\nOrigin: ${origin}\r\nno header\r\n\r\n`);
    const answer = await client.rest();
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(/access-control-allow-origin: (.*)\r\n/.exec(answer)?.[1]).toBe(allowed);
  });

  it.each([
    ['an answer', CLUSTERS, undefined, 200],
    ['an error', CLUSTERS, null, 401],
    ['a path that is nowhere', '/nowhere', undefined, 404],
    ['a health check', '/healthz', null, 200],
  ])('%s may be read, with the headers that tell what to do next', async (_what, path, key, status) => {
    const received = await server.send({ method: 'GET', path, headers: { origin: CONSOLE }, ...(key === null ? { key } : {}) });
    expect([received.status, received.headers['access-control-allow-origin']]).toEqual([status, CONSOLE]);
    const exposed = received.headers['access-control-expose-headers'];
    for (const name of ['ETag', 'Retry-After', 'RateLimit', 'RateLimit-Policy', 'X-Request-Id', 'Retry-Advice', 'Error-Code']) {
      expect(exposed?.split(', ')).toContain(name);
    }
  });

  it('other origins, and callers that are no pages, get no permission, and caches are warned', async () => {
    for (const headers of [{}, { origin: 'https://evil.example' }, { origin: 'null' }]) {
      const received = await server.send({ method: 'GET', path: CLUSTERS, headers });
      expect([received.headers['access-control-allow-origin'], received.headers.vary]).toEqual([undefined, 'Origin']);
    }
  });
});

it('without allowed origins there are no such headers, and OPTIONS is 405', async () => {
  server = await startInProcess();
  const preflight = await server.send({ method: 'OPTIONS', path: CLUSTERS, headers: PREFLIGHT });
  const got = await server.send({ method: 'GET', path: CLUSTERS, headers: { origin: CONSOLE } });
  expect([preflight.status, got.status]).toEqual([405, 200]);
  for (const { headers } of [preflight, got]) {
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control') || name === 'vary')).toEqual([]);
  }
});

it.each(['*', 'https://a.example/', 'a.example', 'null', 'https://a.example/path', 'ftp://a.example'])(
  'refuses the setting %s',
  async (origin) => {
    server = await startInProcess();
    expect(() => readConfig([], { OPENKUPE_CORS_ORIGINS: origin }, '/srv')).toThrow('OPENKUPE_CORS_ORIGINS must be origins such as');
  },
);
