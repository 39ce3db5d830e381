import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../testing/in-process.ts';

/** What unmodified clients rely on, one title for each. Their own requests, as they send them. */
const TENANT = '/api/v1/tenants/demo';
const CLUSTERS = `${TENANT}/clusters`;
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  await server.send({ method: 'PATCH', path: TENANT, body: { plan: 'business' } });
  await server.send({ method: 'POST', path: CLUSTERS, body: { name: 'one' } });
});
afterEach(() => server.stop());

const post = (body: unknown) => server.send({ method: 'POST', path: CLUSTERS, body });
const get = (path: string, key: string | null = server.adminKey) => server.send({ method: 'GET', path, key });

describe('clusters', () => {
  it('D8: a POST with name, displayName and type alone is enough', async () => {
    expect((await post({ name: 'd8', displayName: 'D 8', type: 'shared' })).status).toBe(201);
  });

  it('D9: name, displayName and type come back exactly as sent, in every answer', async () => {
    const sent = { name: 'd9', displayName: '  Ünïted “Ops” \u{1F680} ', type: 'shared' };
    expect((await post(sent)).json).toMatchObject(sent);
    expect((await get(`${CLUSTERS}/d9`)).json).toMatchObject(sent);
    const patched = await server.send({ method: 'PATCH', path: `${CLUSTERS}/d9`, body: { version: '1.33' } });
    expect(patched.json).toMatchObject(sent);
    const { json } = await get(CLUSTERS);
    expect(json.items.find(({ name }: { name: string }) => name === 'd9')).toMatchObject(sent);
  });

  it.each(['1.32', 'v1.32', '1.32.3', 'v1.32.3'])('D10: version %s comes back as the same text', async (version) => {
    const name = `d10-${version.replaceAll('.', '-')}`;
    expect((await post({ name, version })).json.version).toBe(version);
    expect((await get(`${CLUSTERS}/${name}`)).json.version).toBe(version);
  });

  it('D10: an absent version is the newest that is not retiring', async () => {
    expect((await post({ name: 'd10-default' })).json.version).toBe('1.35');
  });

  it.each([
    ['absent', undefined, {}],
    ['empty', {}, {}],
    ['one field', { cpu: '0500m' }, { cpu: '0500m' }],
    ['odd spellings', { cpu: '1.50', memory: '2.0Gi', storage: '00010G' }, { cpu: '1.50', memory: '2.0Gi', storage: '00010G' }],
  ])('D11: resources that are %s come back untouched and never filled in', async (what, resources, echoed) => {
    const name = `d11-${what.replace(' ', '-')}`;
    expect((await post({ name, ...(resources ? { resources } : {}) })).json.resources).toEqual(echoed);
    expect((await get(`${CLUSTERS}/${name}`)).json.resources).toEqual(echoed);
  });

  it('D12: quantities are JSON strings', async () => {
    const { text } = await post({ name: 'd12', resources: { cpu: '1', memory: '1Gi', storage: '1Gi' } });
    expect(text).toContain('"resources":{"cpu":"1","memory":"1Gi","storage":"1Gi"}');
  });

  it('D13: createdAt is RFC 3339 in UTC, and the ETag of the POST opens a later PATCH', async () => {
    const { json, headers } = await post({ name: 'd13' });
    expect(json.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const ifMatch = { 'if-match': headers.etag ?? '' };
    const patched = await server.send({ method: 'PATCH', path: `${CLUSTERS}/d13`, body: { version: '1.33' }, headers: ifMatch });
    expect(patched.status).toBe(200);
  });

  it.each([
    ['version', { version: '1.34' }, { version: '1.34' }],
    ['resources', { resources: { cpu: '2' } }, { resources: { cpu: '2' } }],
    ['an empty version by mistake', { version: '', resources: { cpu: '3' } }, { version: '1.33', resources: { cpu: '3' } }],
  ])('D14: a PATCH with If-Match and %s is 200', async (_what, body, expected) => {
    await post({ name: 'd14', version: '1.33' });
    const { headers } = await get(`${CLUSTERS}/d14`);
    const patched = await server.send({ method: 'PATCH', path: `${CLUSTERS}/d14`, body, headers: { 'if-match': headers.etag ?? '' } });
    expect([patched.status, patched.json]).toEqual([200, expect.objectContaining(expected)]);
    expect(patched.headers.etag).not.toBe(headers.etag);
  });

  it('D15: an answer comes at once, long before the cluster runs', async () => {
    expect((await post({ name: 'd15' })).json.status).toMatchObject({ phase: 'Pending', endpoint: '' });
  });

  it('a change to a version that is being retired is granted with a warning', async () => {
    await post({ name: 'd15' });
    const patched = await server.send({ method: 'PATCH', path: `${CLUSTERS}/d15`, body: { version: '1.31' } });
    expect(patched.json.warnings).toMatchObject([{ code: 'HA_K8S_VERSION_RETIRING', severity: 'warning' }]);
  });
});

describe('tenant and plans', () => {
  it('D25: the tenant has its texts and two booleans', async () => {
    const { json } = await get(TENANT);
    for (const field of ['name', 'displayName', 'contactEmail', 'plan']) expect(json[field]).toEqual(expect.any(String));
    for (const field of ['enforceMetricsLimit', 'enforceLogLimit']) expect(json[field]).toEqual(expect.any(Boolean));
  });

  it.each([
    ['no token', null],
    ['any token', 'kupe_0000_not-a-key'],
    ['the admin key', undefined],
  ])('D26: a plan is readable with %s: platformFee a string, maxClusters a whole number', async (_what, key) => {
    const { status, json } = await get('/api/v1/plans/pro', key === undefined ? server.adminKey : key);
    expect(status).toBe(200);
    expect([json.platformFee, Number.isInteger(json.maxClusters)]).toEqual([expect.stringMatching(/^\d+\.\d{2}$/), true]);
  });
});

const TARGETS = [
  { route: 'POST clusters', method: 'POST', path: CLUSTERS, good: { name: 'c16', resources: { cpu: '1' }, alerts: {} } },
  { route: 'PATCH cluster', method: 'PATCH', path: `${CLUSTERS}/one`, good: { resources: { cpu: '1' }, alerts: {} } },
  { route: 'PATCH tenant', method: 'PATCH', path: TENANT, good: { enforceLogLimit: true } },
];

describe.each(TARGETS)('C.16: $route', ({ method, path, good }) => {
  const send = (text: string, headers: Record<string, string> = {}) => server.send({ method, path, body: text, headers });
  const json = JSON.stringify(good);

  it.each([
    ['an unknown field', JSON.stringify({ ...good, surprise: 1 }), 'unknown field "surprise"'],
    ['an unknown field of another case', JSON.stringify({ ...good, Name: 'x' }), 'unknown field "Name"'],
    ['a field that only answers have', JSON.stringify({ ...good, status: {} }), 'unknown field "status"'],
    ['a second value after the first', `${json} {}`, 'not valid JSON'],
    ['text after the value', `${json}x`, 'not valid JSON'],
    ['half a value', json.slice(0, -1), 'not valid JSON'],
    ['a comment', `// x\n${json}`, 'not valid JSON'],
    ['a list', `[${json}]`, 'must be an object, not array'],
    ['null', 'null', 'must be an object, not null'],
    ['a string', '"x"', 'must be an object, not string'],
    ['a number', '1', 'must be an object, not number'],
    ['true', 'true', 'must be an object, not boolean'],
    ['white space alone', '  ', 'not valid JSON'],
    ['nothing', '', 'The request body is empty'],
  ])('refuses %s with 400', async (_what, text, message) => {
    const received = await send(text);
    expect([received.status, errorOf(received)]).toEqual([400, expect.stringContaining(message)]);
  });

  it('accepts a body without Content-Type', async () => {
    const received = await send(json, { 'content-type': '' });
    expect([200, 201]).toContain(received.status);
  });
});

it.each([
  ['POST', CLUSTERS, { name: 'aa', resources: { gpu: '1' } }, 'unknown field "resources.gpu"'],
  ['PATCH', `${CLUSTERS}/one`, { resources: { cpu: '1', CPU: '1' } }, 'unknown field "resources.CPU"'],
  ['POST', CLUSTERS, { name: 'aa', resources: [] }, 'resources must be an object, not array'],
  ['PATCH', `${CLUSTERS}/one`, { resources: null }, 'resources must be an object, not null'],
  ['PATCH', `${CLUSTERS}/one`, { version: 1.33 }, 'version must be a string, not number'],
  ['PATCH', `${CLUSTERS}/one`, { version: null }, 'version must be a string, not null'],
  ['PATCH', `${CLUSTERS}/one`, { alerts: 'all' }, 'alerts must be an object, not string'],
  ['PATCH', `${CLUSTERS}/one`, { highAvailability: 'true' }, 'highAvailability must be a boolean, not string'],
  ['PATCH', TENANT, { plan: 7 }, 'plan must be a string, not number'],
  ['PATCH', TENANT, { plan: null }, 'plan must be a string, not null'],
  ['PATCH', TENANT, { enforceLogLimit: null }, 'enforceLogLimit must be a boolean, not null'],
  ['PATCH', TENANT, { enforceMetricsLimit: 0 }, 'enforceMetricsLimit must be a boolean, not number'],
  ['PATCH', TENANT, { allowsDedicated: true }, 'unknown field "allowsDedicated"'],
  ['PATCH', TENANT, { members: [] }, 'unknown field "members"'],
])('C.16: %s %s %j is 400', async (method, path, body, message) => {
  const received = await server.send({ method, path, body });
  expect([received.status, errorOf(received)]).toEqual([400, expect.stringContaining(message)]);
});

it('C.16: alerts are free-form at every depth', async () => {
  const alerts = { a: [1, { b: null }], 'any key': { deep: { er: true } } };
  expect((await post({ name: 'free', alerts })).json.alerts).toEqual(alerts);
});

it('C.16: bodies of GET and DELETE are ignored', async () => {
  expect((await server.send({ method: 'GET', path: `${CLUSTERS}/one`, body: '{nonsense' })).status).toBe(200);
  expect((await server.send({ method: 'DELETE', path: `${CLUSTERS}/one`, body: '{nonsense' })).status).toBe(204);
});
