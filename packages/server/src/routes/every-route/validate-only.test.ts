import type { Route } from '@openkupe/contract';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Kind } from '../../store/resource.ts';
import { errorOf, type InProcess, type Received, startInProcess } from '../../testing/in-process.ts';
import { type OidcIssuerUnderTest, startOidcIssuer } from '../../testing/oidc-issuer.ts';
import { sampleRequest, WRITES } from '../../testing/sample-requests.ts';

const TENANT = '/api/v1/tenants/demo';
const THINGS = [
  ['POST', 'clusters', { name: 'one' }],
  ['POST', 'secrets', { name: 'one', secretPath: 'a/b' }],
  ['POST', 'webhooks', { name: 'one', url: 'https://hooks.example.com/kupe' }],
  ['POST', 'members', { email: 'developer@example.com', role: 'readonly' }],
  ['PUT', 'alertmanager/receivers/one', { webhook_configs: [{ url: 'https://hooks.example.com/hunter2' }] }],
  ['PUT', 'alertmanager/routes', { items: [{ receiver: 'one', group_wait: '30s' }] }],
] as const;
const KINDS: readonly Kind[] = ['tenant', 'cluster', 'secret', 'alertmanager', 'api-key', 'setting', 'invoice', 'webhook'];

let issuer: OidcIssuerUnderTest;
beforeAll(async () => {
  issuer = await startOidcIssuer();
});
afterAll(() => issuer.stop());

let server: InProcess;
let owner: string;
beforeEach(async () => {
  server = await startInProcess({ OPENKUPE_OIDC_ISSUER: issuer.issuer, OPENKUPE_OIDC_AUDIENCE: 'kupe-cli' });
  await server.clock.advance(Date.now() - server.clock.now());
  owner = await issuer.token({ email: 'owner@demo.example', email_verified: true, groups: ['demo-admins'] });
});
afterEach(() => server.stop());

async function makeThings(): Promise<void> {
  for (const [method, path, body] of THINGS) await server.send({ method, path: `${TENANT}/${path}`, body });
  await server.plane.ports.store.commit({
    at: 0,
    writes: [
      {
        verb: 'create',
        key: { kind: 'api-key', tenant: 'demo', name: 'ak-0123abcd' },
        uid: 'uid-key',
        spec: { displayName: 'ci', role: 'readonly', createdBy: 'a@b.example', keyHash: '00' },
        observed: {},
      },
    ],
  });
}

/** Everything that a write could have written. */
async function written() {
  const { store } = server.plane.ports;
  const rows = await Promise.all(KINDS.map((kind) => store.list(kind)));
  const ledger = await store.ledger('demo', 0, 1_000);
  return {
    rows,
    ledger,
    events: await store.events(0, 1_000),
    audit: await store.audit('demo', 1_000),
    kept: await store.idempotencyRecordBytes(),
  };
}

const send = (route: Route, query: string, headers: object = {}, overrides: object = {}) => {
  const request = sampleRequest(route);
  return server.send({
    ...request,
    path: `${request.path}${query}`,
    key: owner,
    headers: { 'idempotency-key': 'k-1', ...headers },
    ...overrides,
  });
};
const meaning = ({ status, headers, json }: Received) => ({ status, code: headers['error-code'], error: json?.error });
/** What only a write gives: versions, names that are made up, keys, times. */
const withoutGiven = ({ json }: Received) => {
  const { resourceVersion, id, key, secret, createdAt, price, ...rest } = json ?? {};
  return rest;
};

describe.each(WRITES.map((route) => [route.id, route] as const))('%s', (_id, route) => {
  it.each([
    ['where everything is there', makeThings, {}, {}],
    ['where nothing is there', async () => {}, {}, {}],
    ['with a stale tag', makeThings, { 'if-match': '"999999.0"' }, {}],
    ['with an unknown field', makeThings, {}, route.body ? { body: { ...route.example, nonsense: 1 } } : {}],
  ])('%s: answers what the write answers, writes nothing, and uses up no key', async (_where, prepare, headers, overrides) => {
    await prepare();
    const before = await written();
    const validated = await send(route, '?validateOnly=true', headers, overrides);
    expect(await written()).toEqual(before);
    const done = await send(route, '?validateOnly=false', headers, overrides);
    expect(meaning(validated)).toEqual(meaning(done));
    expect(done.headers['idempotent-replayed']).toBeUndefined();
    if (validated.status >= 300) return;
    expect([validated.headers['validate-only'], done.headers['validate-only']]).toEqual(['true', undefined]);
    expect(withoutGiven(validated)).toEqual(withoutGiven(done));
    expect((await send(route, '?validateOnly=true')).headers['idempotent-replayed']).toBeUndefined();
  });

  it('is audited with what it is about, from where and which fields it moved, and with no secret', async () => {
    await makeThings();
    const [before] = await server.plane.ports.store.audit('demo', 1);
    const done = await send(route, '');
    const rows = await server.plane.ports.store.audit('demo', 1_000);
    const since = rows.filter(({ revision }) => revision > (before?.revision ?? 0));
    const tenant = await server.plane.ports.store.get({ kind: 'tenant', tenant: 'demo', name: 'demo' });
    for (const row of since) {
      expect(row).toMatchObject({ action: route.id, tenantUid: tenant?.uid, address: '127.0.0.1' });
      expect([row.targetUid !== '', row.fields.length > 0]).toEqual([true, true]);
    }
    for (const secret of ['hunter2', done.json?.key, done.json?.secret]) if (secret) expect(JSON.stringify(rows)).not.toContain(secret);
  });

  it.each(['', '1', 'TRUE', 'yes'])('refuses validateOnly=%s, and does nothing', async (value) => {
    const before = await written();
    const refused = await send(route, `?validateOnly=${value}`);
    expect([refused.status, errorOf(refused)]).toEqual([400, expect.stringContaining('"validateOnly" must be one of true, false')]);
    expect(await written()).toEqual(before);
  });
});

it('reads have nothing to validate', async () => {
  const refused = await server.send({ method: 'GET', path: `${TENANT}/clusters?validateOnly=true` });
  expect([refused.status, refused.headers['error-code']]).toEqual([400, 'unknown-query-parameter']);
});
