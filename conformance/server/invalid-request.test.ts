import { ROUTES } from '@openkupe/contract';
import { describe, expect, test } from 'vitest';
import type { Client } from '../client.ts';
import { newName, sharedCluster } from '../clusters.ts';
import { expectRefusal } from '../expect-refusal.ts';
import { routePath } from '../route-path.ts';
import { serverUnderTest } from '../server-under-test.ts';

const server = serverUnderTest();
const cluster = sharedCluster(server);

/** Bodies whose fields are the caller's own business: what is written there is handed on to the alert manager as it is. */
const isFreeForm = (path: string) => /\/alertmanager\/(global|receivers\/\{[a-z]+\})$/.test(path);
const STRICT_ROUTES = ROUTES.flatMap((route) => ('example' in route && !isFreeForm(route.path) ? [route] : []));

const MALFORMED: readonly [title: string, raw: string | Uint8Array][] = [
  ['nothing', ''],
  ['white space', ' \n'],
  ['a word', 'version'],
  ['an open object', '{"version": "1.32"'],
  ['a closing brace too many', '{"version": "1.32"}}'],
  ['a second value', '{"version": "1.32"} {"version": "1.31"}'],
  ['a trailing comma', '{"version": "1.32",}'],
  ['single quotes', "{'version': '1.32'}"],
  ['a bare key', '{version: "1.32"}'],
  ['a comment', '{"version": "1.32" /* now */}'],
  ['NaN', '{"version": NaN}'],
  ['a form', 'version=1.32'],
  ['a control character in a string', '{"version": "1.\u000032"}'],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ['nesting without end', '['.repeat(100_000)],
  ['deep nesting', `{"alerts":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`],
  ['null', 'null'],
  ['a string', '"version"'],
  ['a number', '132'],
  ['an array', '[{"version": "1.32"}]'],
];

describe('S5: text that is not one JSON object is 400', () => {
  test.each(MALFORMED)('S5: %s', async (_title, raw) => {
    const client = server.client();
    // The status moves by itself.
    const desired = async () => JSON.stringify({ ...JSON.parse((await client.call('GET', cluster.path)).text), status: undefined });
    const before = await desired();
    for (const [method, path] of [
      ['PATCH', cluster.path],
      ['POST', './clusters'],
      ['POST', './apikeys'],
      ['PATCH', '.'],
    ] as const) {
      expectRefusal(await client.call(method, path, { raw }), 400, /body|JSON/);
    }
    expect(await desired()).toBe(before);
  });
});

describe('S6: unknown fields are refused on every route with a body', () => {
  test.each(STRICT_ROUTES.map((route) => [route.id, route] as const))('S6: %s', async (_id, route) => {
    const client = server.client();
    for (const field of ['colour', 'Version', 'status', 'resourceVersion', '__proto__', 'constructor', '']) {
      const raw = `{${JSON.stringify(field)}: "1", ${JSON.stringify(route.example).slice(1)}`;
      expectRefusal(
        await client.call(route.method, routePath(route, { tenant: server.tenant, name: cluster.name }), { raw }),
        400,
        `"${field}"`,
      );
    }
  });

  test.each(['./clusters', cluster.path])('S6: unknown fields inside resources: %s', async (path) => {
    const client = server.client();
    const body = { ...(path === './clusters' ? { name: newName('invalid') } : {}), resources: { cpu: '1', gpu: '1' } };
    expectRefusal(await client.call(path === './clusters' ? 'POST' : 'PATCH', path, { body }), 400, 'resources.gpu');
  });

  test('S6: what is free-form is left alone, and echoed', async () => {
    const client = server.client();
    const alerts = { anything: { goes: [1, 'two', null, { three: true }] } };
    const answer = await client.call<{ alerts: unknown }>('PATCH', cluster.path, { body: { alerts } });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.alerts).toEqual(alerts);
  });
});

describe('S5: values that cannot be accepted', () => {
  const create = (client: Client, fields: Record<string, unknown>) =>
    client.call('POST', './clusters', { body: { name: newName('invalid'), ...fields } });

  test.each(['', 'a', 'A-b', 'has_underscore', '-ab', 'ab-', 'a.b', 'x'.repeat(64), 'naïve', 'a b', '../ab', 'ab\n'])(
    'S5: the name %j',
    async (name) => {
      expectRefusal(await create(server.client(), { name }), 400, 'name');
    },
  );

  test.each([
    ['version', { version: '1.99' }, /"1\.99".*1\.32/],
    ['version', { version: 132 }, /version.*string/],
    ['type', { type: 'serverless' }, /type.*shared.*dedicated/],
    ['type', { type: 'dedicated' }, /dedicated/],
    ['highAvailability', { highAvailability: 'yes' }, /highAvailability.*boolean/],
    ['alerts', { alerts: [] }, /alerts.*object/],
    ['alerts', { alerts: null }, /alerts.*object/],
    ['resources', { resources: '4' }, /resources.*object/],
    ['resources', { resources: null }, /resources.*object/],
    ['cpu', { resources: { cpu: 4 } }, /cpu.*string/],
    ['cpu', { resources: { cpu: '' } }, /cpu.*empty/],
    ['cpu', { resources: { cpu: '4Gi' } }, /cpu.*"4Gi"/],
    ['cpu', { resources: { cpu: '-1' } }, /cpu.*"-1"/],
    ['memory', { resources: { memory: '16' } }, /memory must include a unit suffix/],
    ['storage', { resources: { storage: '100' } }, /storage must include a unit suffix/],
    ['memory', { resources: { memory: '16GB' } }, /memory.*"16GB"/],
    ['memory', { resources: { memory: '1e3Gi' } }, /memory.*"1e3Gi"/],
    ['cpu', { resources: { cpu: '1'.repeat(40) } }, /cpu/],
    ['displayName', { displayName: 'x'.repeat(1_000) }, /displayName/],
  ])('S5: %s in %j', async (_field, fields, says) => {
    expectRefusal(await create(server.client(), fields), 400, says);
  });

  test('S5: more of a resource than the plan has, naming the dimension', async () => {
    expectRefusal(await create(server.client(), { resources: { memory: '100Ti' } }), 400, 'memory');
  });

  test.each([
    [{ displayName: '', role: 'admin' }, /displayName/],
    [{ displayName: '  ', role: 'admin' }, /displayName/],
    [{ role: 'admin' }, /displayName is required/],
    [{ displayName: 'x', role: 'owner' }, /role.*admin.*readonly/],
    [{ displayName: 'x', role: 'admin', expiresAt: 'tomorrow' }, /expiresAt.*RFC 3339.*"tomorrow"/],
    [{ displayName: 'x', role: 'admin', expiresAt: '2027-02-30T00:00:00Z' }, /expiresAt/],
    [{ displayName: 'x', role: 'admin', expiresAt: '2020-01-01T00:00:00Z' }, /expiresAt.*future/],
    [{ displayName: 'x', role: 'admin', expiresAt: 1893456000 }, /expiresAt.*string/],
  ])('S5: the API key %j', async (body, says) => {
    expectRefusal(await server.client().call('POST', './apikeys', { body }), 400, says);
  });

  test.each([
    [{}, /at least one field/],
    [{ plan: 'golden' }, /plan.*pro.*"golden"/],
    [{ plan: null }, /plan.*string/],
    [{ enforceLogLimit: 'false' }, /enforceLogLimit.*boolean/],
    [{ displayName: 'renamed' }, /displayName/],
  ])('S5: the tenant patch %j', async (body, says) => {
    expectRefusal(await server.client().call('PATCH', '.', { body }), 400, says);
  });

  test.each([
    [{ version: '' }, /version/],
    [{ version: '1.32', highAvailability: true }, /highAvailability/],
    [{ highAvailability: false }, /highAvailability/],
    [{ displayName: 'other' }, /displayName/],
    [{ type: 'shared' }, /type/],
    [{ name: 'other' }, /name/],
  ])('S5: the cluster patch %j', async (body, says) => {
    expectRefusal(await server.client().call('PATCH', cluster.path, { body }), 400, says);
  });

  test('S5: several findings are reported at once', async () => {
    const body = { name: 7, version: 1, colour: 'red' };
    expectRefusal(await server.client().call('POST', './clusters', { body }), 400, 'name', 'version', 'colour');
  });
});

describe('S5: media types and sizes', () => {
  const patch = (client: Client, headers: Record<string, string>) => client.call('PATCH', cluster.path, { raw: '{"alerts": {}}', headers });

  test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON', 'application/merge-patch+json'])(
    'a body declared as %s is read',
    async (type) => {
      expect((await patch(server.client(), { 'content-type': type })).status).toBe(200);
    },
  );

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml', 'nonsense'])(
    'a body declared as %s is refused',
    async (type) => {
      expectRefusal(await patch(server.client(), { 'content-type': type }), 415, 'application/json');
    },
  );

  test('bodies around the limit, declared by length and in chunks', async () => {
    const client = server.client();
    const ofLength = (length: number) => `{"alerts": {"a": "${'x'.repeat(length - 21)}"}}`;
    for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
      const send = (length: number) => client.call('PATCH', cluster.path, { raw: ofLength(length), headers: { ...headers } });
      expect((await send(60_000)).status).toBe(200);
      expectRefusal(await send(256 * 1024), 400, 'alerts');
      expectRefusal(await send(256 * 1024 + 1), 413, '262144');
      expectRefusal(await send(8 * 1024 * 1024), 413, '262144');
    }
  });
});
