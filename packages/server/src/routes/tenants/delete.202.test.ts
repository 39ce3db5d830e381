import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../store/store.ts';
import { errorOf, type InProcess, type Received, startInProcess } from '../../testing/in-process.ts';
import { type OidcIssuerUnderTest, startOidcIssuer } from '../../testing/oidc-issuer.ts';

const PATH = '/api/v1/tenants/demo';
let issuer: OidcIssuerUnderTest;
let server: InProcess;
let owner: string;
let colleague: string;

beforeEach(async () => {
  issuer = await startOidcIssuer();
  server = await startInProcess({ OPENKUPE_OIDC_ISSUER: issuer.issuer, OPENKUPE_OIDC_AUDIENCE: 'kupe-cli' });
  await server.clock.advance(Date.now() - server.clock.now());
  owner = await issuer.token({ email: 'Owner@Demo.example', email_verified: true, groups: ['demo-admins'] });
  colleague = await issuer.token({ email: 'colleague@demo.example', email_verified: true, groups: ['demo-admins'] });
  await server.plane.start();
});
afterEach(async () => {
  await server.stop();
  await issuer.stop();
});

const remove = (body: unknown, key = owner) => server.send({ method: 'DELETE', path: PATH, body, key });
const refusal = (received: Received) => [received.status, received.headers['error-code']];
/** Waits until the tenant answers its owner 404, at most two minutes of the server's time. */
async function untilGone(): Promise<void> {
  for (let waited = 0; waited < 240; waited += 1) {
    if ((await server.send({ method: 'GET', path: PATH, key: owner })).status === 404) return;
    await server.clock.advance(500);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('who may', () => {
  it('403 owner_required for an API key, even of the owner, and for another admin; neither costs the owner the minute', async () => {
    expect(refusal(await remove({ confirm: 'demo', cascade: true }, server.adminKey))).toEqual([403, 'owner_required']);
    const refused = await remove({ confirm: 'demo', cascade: true }, colleague);
    expect([...refusal(refused), errorOf(refused)]).toEqual([
      403,
      'owner_required',
      expect.stringContaining('Only the owner of tenant "demo"'),
    ]);
    for (const email_verified of [false, 'false', undefined]) {
      const unverified = await issuer.token({ email: 'owner@demo.example', email_verified, groups: ['demo-admins'] });
      expect(refusal(await remove({ confirm: 'demo', cascade: true }, unverified))).toEqual([403, 'owner_required']);
    }
    expect((await server.send({ method: 'GET', path: PATH })).json.status.phase).toBe('Active');
  });
});

describe('the request', () => {
  it('400 for a wrong confirmation; 429 with a true Retry-After for another try within the minute', async () => {
    expect(refusal(await remove({ confirm: 'Demo' }))).toEqual([400, 'wrong_confirm']);
    await server.clock.advance(20_500);
    const refused = await remove({ confirm: 'demo', cascade: true });
    expect(refusal(refused)).toEqual([429, 'rate-limited-tenant-deletion']);
    expect([refused.headers['retry-after'], refused.headers['retry-advice']]).toEqual(['40', 'wait; executed=no']);
  });

  it('counts an attempt once, however often its commit loses a race', async () => {
    const { store } = server.plane.ports;
    let lost = 0;
    const racing: Store = {
      ...store,
      async commit(change) {
        if (change.audit?.action !== 'tenants.delete' || lost === 2) return store.commit(change);
        lost += 1;
        return { outcome: 'stale', index: 0 };
      },
    };
    const accepted = await server.sendWith({ store: racing }, { method: 'DELETE', path: PATH, body: { confirm: 'demo' }, key: owner });
    expect([accepted.status, lost]).toEqual([202, 2]);
  });

  it('409 clusters_exist without cascade', async () => {
    for (const name of ['one', 'two']) {
      expect((await server.send({ method: 'POST', path: `${PATH}/clusters`, body: { name }, key: owner })).status).toBe(201);
    }
    const refused = await remove({ confirm: 'demo' });
    expect([...refusal(refused), errorOf(refused)]).toEqual([
      409,
      'clusters_exist',
      expect.stringContaining('has 2 clusters; delete them first'),
    ]);
  });

  it('412 for an If-Match that is out of date', async () => {
    const stale = await server.send({
      method: 'DELETE',
      path: PATH,
      body: { confirm: 'demo' },
      key: owner,
      headers: { 'if-match': '"0"' },
    });
    expect(stale.status).toBe(412);
  });
});

describe('once accepted', () => {
  it('202 with the tenant in phase Terminating; again is 409 already_terminating, at once', async () => {
    await server.send({ method: 'POST', path: `${PATH}/secrets`, body: { name: 'password', secretPath: 'a/b' } });
    const accepted = await remove({ confirm: 'demo', cascade: true });
    expect([accepted.status, accepted.json.name, accepted.json.status.phase]).toEqual([202, 'demo', 'Terminating']);
    expect(accepted.headers).not.toHaveProperty('etag');
    expect(refusal(await remove({ confirm: 'demo', cascade: true }))).toEqual([409, 'already_terminating']);
    const [row] = await server.plane.ports.store.audit('demo', 1);
    expect(row).toMatchObject({ action: 'tenants.delete', actor: 'owner@demo.example', target: 'tenants/demo' });
  });

  it('its keys still read, and nothing can be added or changed', async () => {
    await remove({ confirm: 'demo', cascade: true });
    expect((await server.send({ method: 'GET', path: PATH })).json.status.phase).toBe('Terminating');
    const writes = [
      ['POST', '/clusters', { name: 'late' }],
      ['POST', '/secrets', { name: 'late', secretPath: 'a' }],
      ['POST', '/members', { email: 'late@demo.example', role: 'admin' }],
      ['POST', '/apikeys', { displayName: 'late', role: 'admin' }],
      ['PATCH', '', { enforceLogLimit: true }],
    ] as const;
    for (const [method, path, body] of writes) {
      expect([path, (await server.send({ method, path: `${PATH}${path}`, body })).status]).toEqual([path, 409]);
    }
  });

  it('clusters, secrets, keys and the tenant go; then it is 404 for its owner and 401 for its keys', async () => {
    for (const name of ['one', 'two']) await server.send({ method: 'POST', path: `${PATH}/clusters`, body: { name } });
    await server.send({ method: 'POST', path: `${PATH}/secrets`, body: { name: 'password', secretPath: 'a/b' } });
    await remove({ confirm: 'demo', cascade: true });
    const started = server.clock.now();
    await untilGone();
    expect((await server.send({ method: 'GET', path: PATH, key: owner })).status).toBe(404);
    expect(server.clock.now() - started).toBeLessThan(60_000);
    expect((await server.send({ method: 'GET', path: PATH })).status).toBe(401);
    const { store } = server.plane.ports;
    for (const kind of ['cluster', 'secret', 'api-key', 'alertmanager', 'tenant'] as const) {
      expect([kind, await store.list(kind, 'demo')]).toEqual([kind, []]);
    }
    const told = (await store.events(0, 10_000)).map(({ message }) => message);
    expect(told).toContain('Tenant "demo" is gone, and its API keys are revoked');
    expect((await store.list('invoice', 'demo')).length).toBeGreaterThan(0);
  });

  it.each([
    ['by itself', []],
    ['also where something woke it before', [{ kind: 'tenant', tenant: 'demo', name: 'demo' }]],
  ] as const)('a key that slipped in while the tenant went is swept away, %s', async (_, wake) => {
    const { store } = server.plane.ports;
    await remove({ confirm: 'demo', cascade: true });
    await untilGone();
    expect((await server.send({ method: 'GET', path: PATH, key: owner })).status, 'the tenant is gone').toBe(404);
    await store.commit({ at: server.clock.now(), writes: [], wake });
    await expect.poll(() => store.nextWorkInMs(), { timeout: 30_000 }).not.toBe(0);
    const late = await server.makeKey('admin');
    for (let waited = 0; waited < 500 && (await store.keys('api-key', 'demo')).length > 0; waited += 1) {
      await server.clock.advance(2_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await server.makeTenant('demo');
    expect((await server.send({ method: 'GET', path: PATH, key: late })).status).toBe(401);
  });
});
