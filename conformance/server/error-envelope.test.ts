import { ROUTES } from '@openkupe/contract';
import { describe, expect, test } from 'vitest';
import type { Client, HttpAnswer } from '../client.ts';
import { etagOf, makeCluster, newName, sharedCluster } from '../clusters.ts';
import { expectRefusal } from '../expect-refusal.ts';
import { routePath } from '../route-path.ts';
import { serverUnderTest } from '../server-under-test.ts';

const server = serverUnderTest();
const cluster = sharedCluster(server);

/** One way into every refusal that a caller can bring about alone, and what its message has to say. */
const REFUSALS: readonly [
  status: number,
  title: string,
  call: (client: Client) => Promise<HttpAnswer>,
  says: readonly (string | RegExp)[],
][] = [
  [400, 'text that is not JSON', (c) => c.call('POST', './clusters', { raw: '{"name": ' }), [/JSON/]],
  [400, 'a body of the wrong type', (c) => c.call('POST', './clusters', { body: [] }), [/object/, /array/]],
  [400, 'a field of the wrong type', (c) => c.call('POST', './clusters', { body: { name: 7 } }), ['name', 'string', 'number']],
  [400, 'a missing field', (c) => c.call('POST', './clusters', { body: {} }), ['name', 'required']],
  [400, 'an unknown field', (c) => c.call('POST', './clusters', { body: { name: 'ab', region: 'eu' } }), ['region']],
  [400, 'a name that is none', (c) => c.call('POST', './clusters', { body: { name: 'No_Good' } }), ['No_Good', 'lower-case']],
  [400, 'a name in the path that is none', (c) => c.call('GET', './clusters/Not_Good'), ['Not_Good', 'lower-case']],
  [400, 'an unsupported version', (c) => c.call('PATCH', cluster.path, { body: { version: '0.1' } }), ['"0.1"', '1.32']],
  [400, 'an empty patch', (c) => c.call('PATCH', cluster.path, { body: {} }), ['at least one field', 'version']],
  [401, 'no credential', (c) => c.call('GET', './clusters', { key: null }), ['Authorization: Bearer']],
  [401, 'a wrong credential', (c) => c.call('GET', './clusters', { key: 'kupe_00000000_no' }), [/not valid/]],
  [403, 'a foreign tenant', (c) => c.call('GET', '/api/v1/tenants/another-tenant/clusters'), ['another-tenant']],
  [404, 'no such cluster', (c) => c.call('GET', './clusters/not-there'), ['not-there', 'in tenant']],
  [404, 'no such route', (c) => c.call('GET', '/api/v1/nothing'), ['/api/v1/nothing']],
  [404, 'no such plan', (c) => c.call('GET', '/api/v1/plans/golden'), ['golden']],
  [405, 'a method that the path has not', (c) => c.call('PUT', cluster.path, { body: {} }), ['PUT', 'PATCH']],
  [409, 'a name that is taken', (c) => c.call('POST', './clusters', { body: { name: cluster.name } }), [cluster.name, /exists/]],
  [412, 'a stale tag', (c) => c.call('PATCH', cluster.path, { body: { alerts: {} }, headers: { 'if-match': '"1.1"' } }), [/again/]],
  [
    413,
    'a body that is too large',
    (c) => c.call('POST', './clusters', { raw: JSON.stringify({ name: 'x'.repeat(1_100_000) }) }),
    ['262144'],
  ],
  [
    415,
    'another media type',
    (c) => c.call('POST', './clusters', { raw: '<a/>', headers: { 'content-type': 'text/xml' } }),
    ['text/xml', 'json'],
  ],
];

describe('every refusal is the envelope of the page', () => {
  test.each(REFUSALS)('S1, S2, S3, S4: %i for %s', async (status, _title, call, says) => {
    expectRefusal(await call(server.client()), status, ...says);
  });

  test('S4: no two causes share a message', async () => {
    const client = server.client();
    const messages = [];
    for (const [, , call] of REFUSALS) messages.push((await call(client)).text);
    expect(new Set(messages).size).toBe(REFUSALS.length);
  });

  test('S1: every route refuses a caller without credential in the envelope, unless it is public', async () => {
    const client = server.client();
    for (const route of ROUTES) {
      const path = routePath(route, { tenant: server.tenant, plan: 'pro' });
      const answer = await client.call(route.method, path, { key: null, ...('example' in route ? { body: route.example } : {}) });
      if (route.access === 'public') expect(answer.status, route.id).toBe(200);
      else expectRefusal(answer, 401);
    }
  });

  test('S29: a PATCH that fails says why in the envelope, for each way it can fail', async () => {
    const client = server.client();
    const patch = (path: string, body: unknown, headers = {}) => client.call('PATCH', path, { body, headers });
    expectRefusal(await patch('./clusters/not-there', { version: '1.32' }), 404, 'not-there');
    expectRefusal(await patch(cluster.path, { version: '1.32', nodes: 3 }), 400, 'nodes');
    expectRefusal(await patch(cluster.path, { resources: { memory: '16' } }), 400, 'memory must include a unit suffix');
    expectRefusal(await patch(cluster.path, { name: 'renamed' }), 400, 'name');
  });
});

describe('what every answer carries', () => {
  const openings: readonly [string, (client: Client) => Promise<HttpAnswer>][] = [
    ['a success', (c) => c.call('GET', './clusters')],
    ['a public route', (c) => c.call('GET', '/api/v1/plans', { key: null })],
    ['a refusal', (c) => c.call('GET', './clusters/not-there')],
    ['an unknown path', (c) => c.call('GET', '/nothing')],
    ['no content', async (c) => c.call('DELETE', (await makeCluster(c)).path)],
  ];

  test.each(openings)('a request id of its own: %s', async (_title, open) => {
    const client = server.client();
    const [first, second] = [await open(client), await open(client)];
    expect(first.headers['x-request-id']).toMatch(/^\S{8,}$/);
    expect(second.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
  });

  test('the request id that the caller brought, when it is a sane one', async () => {
    const client = server.client();
    const id = newName('my-request');
    const sane = await client.call('GET', './clusters/not-there', { headers: { 'x-request-id': id } });
    expect(sane.headers['x-request-id']).toBe(id);
    const insane = await client.call('GET', './clusters', { headers: { 'x-request-id': 'a b"; <script>' } });
    expect(insane.headers['x-request-id']).toMatch(/^[A-Za-z0-9._:-]+$/);
  });

  test('the methods that a path has, on 405', async () => {
    const client = server.client();
    for (const path of new Set(ROUTES.map((route) => route.path))) {
      const there = new Set<string>(ROUTES.filter((route) => route.path === path).map(({ method }) => method));
      if (there.has('GET')) there.add('HEAD');
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND'].filter((candidate) => !there.has(candidate))) {
        const answer = await client.call(method, routePath({ path }, { tenant: server.tenant, name: cluster.name }));
        expectRefusal(answer, 405, method);
        expect(new Set(String(answer.headers.allow).split(', ')), path).toEqual(there);
      }
    }
  });
});

describe('HEAD', () => {
  const readings: readonly [title: string, path: () => string, status: number][] = [
    ['a cluster', () => cluster.path, 200],
    ['a list', () => './clusters', 200],
    ['a missing cluster', () => './clusters/not-there', 404],
  ];

  test.each(readings)('answers as GET does, without a body: %s', async (_title, path, status) => {
    const client = server.client();
    const [head, get] = [await client.call('HEAD', path()), await client.call('GET', path())];
    expect(head.status).toBe(status);
    expect(head.text).toBe('');
    expect(get.status).toBe(status);
    for (const name of ['content-type', 'content-length', 'etag']) expect(head.headers[name], name).toBe(get.headers[name]);
  });

  test('a connection stays usable after a HEAD', async () => {
    const client = server.client({ connections: 1 });
    expect((await client.call('HEAD', cluster.path)).status).toBe(200);
    expect(etagOf(await client.call('GET', cluster.path))).toBeTruthy();
  });
});
