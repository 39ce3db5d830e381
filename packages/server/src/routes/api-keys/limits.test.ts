import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const COLLECTION = '/api/v1/tenants/demo/apikeys';
const CLUSTERS = '/api/v1/tenants/demo/clusters';
const SESSION = '/api/v1/tenants/demo/session';
const HERE = '203.0.113.7';

let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

interface As {
  readonly key?: string;
  readonly address?: string;
}
const create = (body: object = {}, as: As = {}) =>
  server.send({ method: 'POST', path: COLLECTION, body: { displayName: 'ci', role: 'admin', ...body }, ...as });
const made = async (body: object = {}) => (await create(body)).json as { id: string; key: string };
const patch = (id: string, body: object, as: As = {}) => server.send({ method: 'PATCH', path: `${COLLECTION}/${id}`, body, ...as });
const rotate = (id: string, as: As = {}) => server.send({ method: 'POST', path: `${COLLECTION}/${id}/rotate`, body: {}, ...as });
const read = async (as: As, path = CLUSTERS) => (await server.send({ method: 'GET', path, ...as })).status;

describe('a key without scopes and ranges', () => {
  it('is answered as before: neither is shown, and it may do what its role may', async () => {
    const { json } = await create();
    expect(Object.keys(json).sort()).toEqual(['createdAt', 'createdBy', 'displayName', 'id', 'key', 'role']);
    expect(await read({ key: json.key, address: HERE })).toBe(200);
    expect((await create({}, { key: json.key })).status).toBe(201);
  });
});

describe('scopes', () => {
  it('are listed, take away nothing else, and name what is missing', async () => {
    const key = await made({ scopes: ['clusters:read'] });
    expect(await read(key)).toBe(200);
    const refused = await server.send({ method: 'POST', path: CLUSTERS, body: { name: 'one' }, key: key.key });
    expect([refused.status, refused.headers['error-code']]).toEqual([403, 'scope-missing']);
    expect(errorOf(refused)).toBe(
      `This needs the scope "clusters:create", which the API key ${key.id} does not have; use a key with that scope`,
    );
    const { json } = await server.send({ method: 'GET', path: COLLECTION });
    expect(json.items.find(({ id }: { id: string }) => id === key.id)).toMatchObject({ scopes: ['clusters:read'] });
  });

  it('never add to the role: a readonly key with *:* reads', async () => {
    const { key } = await made({ role: 'readonly', scopes: ['*:*'] });
    expect([await read({ key }), (await create({}, { key })).status]).toEqual([200, 403]);
  });

  it.each([
    ['for nothing', 'admin', 'invoices:delete'],
    ['of no resource', 'admin', 'pets:read'],
    ['beyond the role', 'readonly', 'clusters:create'],
    ['beyond the role, with a wildcard', 'readonly', '*:delete'],
    ['of no form', 'admin', 'clusters'],
    ['of an unknown verb', 'admin', 'clusters:own'],
  ])('%s are 400', async (_what, role, scope) => {
    const refused = await create({ role, scopes: ['clusters:read', scope] });
    expect([refused.status, errorOf(refused)]).toEqual([400, expect.stringContaining('scope')]);
  });

  it('that are none, or too many, are 400', async () => {
    for (const scopes of [[], Array.from({ length: 33 }, () => 'clusters:read')]) expect((await create({ scopes })).status).toBe(400);
  });

  it('a stream of events shows nothing of API keys without the scope to read them', async () => {
    const key = await made({ scopes: ['events:read'] });
    const reader = await made({ scopes: ['events:read', 'api-keys:read'] });
    const events = async (as: As) => (await server.send({ method: 'GET', path: '/api/v1/tenants/demo/events', ...as })).text;
    expect((await events(key)).includes('api-key')).toBe(false);
    expect((await events(reader)).includes('api-key')).toBe(true);
  });
});

describe('address ranges', () => {
  it.each([
    ['203.0.113.0/24', HERE, '203.0.114.7'],
    ['203.0.113.0/24', `::ffff:${HERE}`, '::ffff:203.0.114.7'],
    ['2001:db8::/32', '2001:db8::1', '2001:db9::1'],
  ])('%s: accepted from %s, and from %s as any wrong credential', async (range, inside, outside) => {
    const { key } = await made({ addressRanges: [range] });
    expect(await read({ key, address: inside })).toBe(200);
    const seen = async (credential: string, address: string) => {
      const { status, headers, text } = await server.send({ method: 'GET', path: CLUSTERS, key: credential, address });
      return { status, text, headers: { ...headers, 'x-request-id': '', date: '' } };
    };
    const elsewhere = outside.replace(/7$/, '9');
    for (let attempt = 0; attempt < 8; attempt += 1) {
      expect(await seen(key, outside)).toEqual(await seen(`kupe_wrong${attempt}`, elsewhere));
    }
    expect(await read({ key, address: inside })).toBe(200);
  });

  it.each(['10.0.0.0/33', 'example.com', '::ffff:10.0.0.0/104', ''])('%j is 400', async (range) => {
    const refused = await create({ addressRanges: [range] });
    expect([refused.status, errorOf(refused)]).toEqual([400, expect.stringContaining('addressRanges must be IP addresses or CIDR blocks')]);
  });

  it('are those of the client behind a trusted proxy', async () => {
    const behind = await startInProcess({ OPENKUPE_TRUSTED_PROXIES: '127.0.0.1' });
    try {
      const body = { displayName: 'ci', role: 'admin', addressRanges: ['203.0.113.0/24'] };
      const { key } = (await behind.send({ method: 'POST', path: COLLECTION, body })).json;
      const from = async (address: string) =>
        (await behind.send({ method: 'GET', path: CLUSTERS, key, headers: { 'x-forwarded-for': address } })).status;
      expect([await from(HERE), await from('198.51.100.1'), await from(`${HERE}, 198.51.100.1`)]).toEqual([200, 401, 401]);
    } finally {
      await behind.stop();
    }
  });
});

describe('changes', () => {
  it('hold from the next request on, also for a key that was verified a moment ago', async () => {
    const key = await made();
    expect(await read({ ...key, address: HERE })).toBe(200);
    expect((await patch(key.id, { scopes: ['secrets:read'] })).json).toMatchObject({ scopes: ['secrets:read'] });
    expect(await read({ ...key, address: HERE })).toBe(403);
    await patch(key.id, { scopes: null, addressRanges: ['198.51.100.0/24'] });
    expect(await read({ ...key, address: HERE })).toBe(401);
    const { json } = await patch(key.id, { addressRanges: null, displayName: 'renamed' });
    expect([json.displayName, 'scopes' in json, 'addressRanges' in json]).toEqual(['renamed', false, false]);
    expect(await read({ ...key, address: HERE })).toBe(200);
  });

  it('a rotation keeps scopes and ranges', async () => {
    const limits = { scopes: ['clusters:read'], addressRanges: ['203.0.113.0/24'] };
    const { id } = await made(limits);
    expect((await rotate(id)).json).toMatchObject(limits);
  });

  it('of a key that is not there are 404, and of a blank name 400', async () => {
    expect((await patch('ak-00000000', {})).status).toBe(404);
    expect((await patch((await made()).id, { displayName: ' ' })).status).toBe(400);
  });
});

describe('a key that is limited', () => {
  const LIMITS = { scopes: ['api-keys:*', 'clusters:read'], addressRanges: ['203.0.113.0/24'] };
  const WITHIN = { scopes: ['clusters:read'], addressRanges: ['203.0.113.128/25'] };
  const refusals: readonly (readonly [string, object])[] = [
    ['without scopes', { addressRanges: LIMITS.addressRanges }],
    ['with another scope', { ...LIMITS, scopes: ['clusters:read', 'clusters:create'] }],
    ['with a wider scope', { ...LIMITS, scopes: ['*:read'] }],
    ['without address ranges', { scopes: LIMITS.scopes }],
    ['with a wider range', { ...LIMITS, addressRanges: ['203.0.112.0/23'] }],
    ['with another range beside its own', { ...LIMITS, addressRanges: ['203.0.113.0/24', '2001:db8::/32'] }],
  ];

  it('makes a key with as much as itself, or less', async () => {
    const { key } = await made(LIMITS);
    expect((await create(LIMITS, { key, address: HERE })).status).toBe(201);
    expect((await create(WITHIN, { key, address: HERE })).status).toBe(201);
  });

  it.each(refusals)('makes no key %s', async (_what, body) => {
    const { key } = await made(LIMITS);
    const refused = await create(body, { key, address: HERE });
    expect([refused.status, refused.headers['error-code']]).toEqual([403, 'more-than-own']);
  });

  it.each([
    ['scopes', { scopes: null }],
    ['a scope', { scopes: ['clusters:*'] }],
    ['address ranges', { addressRanges: null }],
    ['a range', { addressRanges: ['0.0.0.0/0'] }],
  ])('gives itself, and a key of its own kind, no more: %s', async (_what, body) => {
    const own = await made(LIMITS);
    const other = await made(WITHIN);
    for (const { id } of [own, other]) expect((await patch(id, body, { key: own.key, address: HERE })).status).toBe(403);
    expect((await patch(own.id, WITHIN, { key: own.key, address: HERE })).status).toBe(200);
  });

  it('neither rotates nor changes a key that may do more', async () => {
    const { key } = await made(LIMITS);
    for (const body of [{}, ...refusals.map(([, one]) => one)]) {
      const { id } = await made(body);
      expect((await rotate(id, { key, address: HERE })).status).toBe(403);
      expect((await patch(id, WITHIN, { key, address: HERE })).status).toBe(403);
    }
  });

  it('makes no key that outlives it', async () => {
    const expiresAt = new Date(server.clock.now() + 60_000).toISOString();
    const later = new Date(server.clock.now() + 61_000).toISOString();
    const { key } = await made({ ...LIMITS, expiresAt });
    const statuses = await Promise.all(
      [{}, { expiresAt: later }, { expiresAt }].map((more) => create({ ...LIMITS, ...more }, { key, address: HERE })),
    );
    expect(statuses.map(({ status }) => status)).toEqual([403, 403, 201]);
  });

  it('makes no key that outlives it once it was replaced', async () => {
    const { id, key } = await made(LIMITS);
    await server.send({ method: 'POST', path: `${COLLECTION}/${id}/rotate`, body: { overlapSeconds: 60 } });
    const { overlapEndsAt: expiresAt } = (await server.send({ method: 'GET', path: `${COLLECTION}/${id}` })).json;
    const refused = await create(LIMITS, { key, address: HERE });
    expect([refused.status, refused.headers['error-code']]).toEqual([403, 'more-than-own']);
    expect((await create({ ...LIMITS, expiresAt }, { key, address: HERE })).status).toBe(201);
  });
});

it('a key sees itself in its session: what limits it, when it was used last, and from where', async () => {
  const limits = { scopes: ['clusters:read'], addressRanges: ['203.0.113.0/24'] };
  const key = await made({ role: 'readonly', ...limits });
  expect(await read({ ...key, address: HERE })).toBe(200);
  await server.plane.start();
  await server.clock.advance(60_000);
  await vi.waitFor(async () => {
    const { json } = await server.send({ method: 'GET', path: SESSION, key: key.key, address: HERE });
    expect(json.apiKey).toMatchObject({ id: key.id, ...limits, lastUsedAt: '2026-01-01T00:00:00Z', lastUsedFrom: HERE });
    expect(JSON.stringify(json)).not.toMatch(/hash/i);
  });
});
