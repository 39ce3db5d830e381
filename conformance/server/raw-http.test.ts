import type { Tenant } from '@openkupe/contract';
import { describe, expect, test } from 'vitest';
import { freshAddress } from '../client.ts';
import { sharedCluster } from '../clusters.ts';
import { expectRefusal } from '../expect-refusal.ts';
import { type RawExchange, rawExchange } from '../raw-exchange.ts';
import { serverUnderTest } from '../server-under-test.ts';

const server = serverUnderTest();
const cluster = sharedCluster(server);

const exchange = (...send: RawExchange['send']) => rawExchange({ host: server.host, from: freshAddress(), send });
const key = () => `Authorization: Bearer ${server.apiKey}\r\n`;
const patchHead = () => `PATCH /api/v1/tenants/${server.tenant} HTTP/1.1\r\nHost: judge\r\n${key()}Content-Type: application/json\r\n`;
const get = (target: string, headers = '') => `GET ${target} HTTP/1.1\r\nHost: judge\r\n${headers}\r\n`;

describe('S1: bytes that are not HTTP', () => {
  test.each([
    ['a word', 'GARBAGE\r\n\r\n'],
    ['an empty method', ' / HTTP/1.1\r\nHost: judge\r\n\r\n'],
    ['no target', 'GET HTTP/1.1\r\nHost: judge\r\n\r\n'],
    ['a space in the target', 'GET /api v1 HTTP/1.1\r\nHost: judge\r\n\r\n'],
    ['an unknown method', 'BREW /api/v1/plans HTTP/1.1\r\nHost: judge\r\n\r\n'],
    ['a method in small letters', 'get /api/v1/plans HTTP/1.1\r\nHost: judge\r\n\r\n'],
    ['an unknown version', 'GET /api/v1/plans HTTP/9.9\r\nHost: judge\r\n\r\n'],
    ['the opening of TLS', Buffer.from('16030100c8010000c40303', 'hex')],
    ['the opening of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a header without colon', 'GET /api/v1/plans HTTP/1.1\r\nHost: judge\r\nno colon here\r\n\r\n'],
    ['a space before the colon', 'GET /api/v1/plans HTTP/1.1\r\nHost: judge\r\nX-A : b\r\n\r\n'],
    ['a NUL in a header', 'GET /api/v1/plans HTTP/1.1\r\nHost: judge\r\nX-A: a\0b\r\n\r\n'],
    ['no Host', 'GET /api/v1/plans HTTP/1.1\r\n\r\n'],
    ['two Hosts', 'GET /api/v1/plans HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
  ])('S1: %s is 400, and the connection is closed', async (_title, bytes) => {
    const answer = await exchange(bytes);
    expectRefusal(answer, 400);
    expect(answer.isClosed).toBe(true);
  });

  test.each([
    ['a long header', (filler: string) => get('/api/v1/plans', `X-Long: ${filler}\r\n`)],
    [
      'many headers',
      (filler: string) =>
        get(
          '/api/v1/plans',
          filler.replace(/.{100}/g, (text, at) => `X-${at}: ${text}\r\n`),
        ),
    ],
    ['a long target', (filler: string) => get(`/api/v1/plans/${filler}`)],
  ])('S1: %s beyond the limit is 431', async (_title, request) => {
    expectRefusal(await exchange(request('x'.repeat(40_000))), 431, '16384');
  });
});

describe('S1: framing that two readers could understand differently', () => {
  test.each([
    ['a length and chunks', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} '],
    ['a length that is no number', 'Content-Length: two\r\n\r\n{}'],
    ['a negative length', 'Content-Length: -2\r\n\r\n{}'],
    ['a length with a sign', 'Content-Length: +2\r\n\r\n{}'],
    ['chunks that are not last', 'Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n'],
    ['an encoding that is none', 'Transfer-Encoding: cow\r\n\r\n0\r\n\r\n'],
    ['a chunk size that is no number', 'Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n'],
    ['a chunk that is longer than it says', 'Transfer-Encoding: chunked\r\n\r\n1\r\n{"enforceLogLimit":true}\r\n0\r\n\r\n'],
  ])('S1: %s is refused, and the connection is closed', async (_title, rest) => {
    const versionNow = async () => (await server.client().call<Tenant>('GET', '.')).body.resourceVersion;
    const before = await versionNow();
    const answer = await exchange(patchHead() + rest);
    expectRefusal(answer, 400);
    expect(answer.isClosed).toBe(true);
    expect(await versionNow()).toBe(before);
  });
});

describe('S1: what is HTTP but not asked for here', () => {
  test('CONNECT', async () => {
    expectRefusal(await exchange('CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n'), 405, 'CONNECT');
  });

  test.each(['OPTIONS', 'TRACE', 'PUT', 'PROPFIND', 'PURGE', 'QUERY'])('%s on a path that exists', async (method) => {
    const answer = await exchange(`${method} /api/v1/plans HTTP/1.1\r\nHost: judge\r\n\r\n`);
    expectRefusal(answer, 405, method);
    expect(answer.headers.allow).toBe('HEAD, GET');
  });

  test('OPTIONS *', async () => {
    expectRefusal(await exchange('OPTIONS * HTTP/1.1\r\nHost: judge\r\n\r\n'), [404, 405]);
  });

  test('an upgrade is not made, and the request is answered', async () => {
    const answer = await exchange(get('/api/v1/plans', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'));
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toHaveProperty('items');
  });

  test('an expectation that is met: 100 (Continue), then the answer', async () => {
    const body = '{"enforceLogLimit": 1}';
    const answer = await exchange(`${patchHead()}Content-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`, 50, body);
    expectRefusal(answer, 400, 'enforceLogLimit');
  });

  test('an unknown expectation', async () => {
    const answer = await exchange(get(`/api/v1/tenants/${server.tenant}/clusters/not-there`, `${key()}Expect: the-unexpected\r\n`));
    expectRefusal(answer, 400, 'the-unexpected');
  });

  test('HTTP/1.0 without Host', async () => {
    const answer = await exchange('GET /api/v1/plans HTTP/1.0\r\n\r\n');
    expect(answer.status).toBe(200);
    expect(answer.isClosed).toBe(true);
  });

  test('a target in absolute form', async () => {
    expect((await exchange(get('http://judge/api/v1/plans'))).status).toBe(200);
  });

  test('S6: a query parameter that is not known is refused, also where it cannot be decoded', async () => {
    expectRefusal(await exchange(get('/api/v1/plans?page=%zz&a[]=1')), 400, 'page');
  });
});

describe('paths', () => {
  test.each(['%', '%z', '%zz', '%c3%28', '%ff', '%e0%80%af', '%00', '%0d%0a', '%2e%2e', '..%2fplans', 'a%2fb', '%20', 'ünïcode'])(
    'S5: the name %s is refused as a name, not decoded twice and not fatal',
    async (name) => {
      const path = `/api/v1/tenants/${server.tenant}/clusters/${Buffer.from(name, 'utf8').toString('latin1')}`;
      expectRefusal(await exchange(Buffer.from(get(path, key()), 'latin1')), 400);
    },
  );

  test('a name whose letters are percent-encoded is that name', async () => {
    const encoded = [...cluster.name].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('');
    expect((await exchange(get(`/api/v1/tenants/${server.tenant}/clusters/${encoded}`, key()))).status).toBe(200);
  });

  test.each([
    '/',
    '//',
    '/api',
    '/api/v1',
    '/api/v1/',
    '/api/v1/plans/',
    '//api/v1/plans',
    '/API/v1/plans',
    '/api/v2/plans',
    '/api/v1/../v1/plans',
    '/api/v1/plans/pro/',
    '/api/v1/%2570lans',
    '/api/v1/tenants',
    '/api/v1/tenants//clusters',
    '/favicon.ico',
  ])('S9: there is nothing at %s, and no redirect', async (path) => {
    const answer = await exchange(get(path, key()));
    expectRefusal(answer, 404, 'check the path');
    expect(answer.headers.location).toBeUndefined();
  });

  test.each([100, 1_000, 4_000, 5_000, 12_000])('S1: a name of %i letters', async (length) => {
    expectRefusal(await exchange(get(`/api/v1/tenants/${server.tenant}/clusters/${'x'.repeat(length)}`, key())), [400, 404]);
  });
});

test('after all of this the server still serves', async () => {
  expect((await server.client().call('GET', './clusters')).status).toBe(200);
});
