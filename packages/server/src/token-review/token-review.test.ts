import { formatTime, LIMITS } from '@openkupe/contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type InProcess, startInProcess } from '../testing/in-process.ts';
import { createClusterCredentials } from './cluster-credentials.ts';

const PATH = '/webhook/token-review';
const REVIEW = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview' };
const REFUSED = { ...REVIEW, status: { authenticated: false } };
const KEYS = '/api/v1/tenants/demo/apikeys';

let server: InProcess;
let credential: string;
beforeEach(async () => {
  server = await startInProcess();
  credential = await makeCluster('web');
});
afterEach(() => server.stop());

const credentials = () => createClusterCredentials(server.plane.ports.pepper);

async function makeCluster(name: string): Promise<string> {
  await server.send({
    method: 'POST',
    path: '/api/v1/tenants/demo/clusters',
    body: { name, displayName: name, type: 'shared', version: '1.35' },
  });
  const cluster = await server.plane.ports.store.get({ kind: 'cluster', tenant: 'demo', name });
  return credentials().credentialFor(cluster?.uid ?? '');
}
const post = (body: unknown, key: string | null = credential, headers = {}) =>
  server.send({ method: 'POST', path: PATH, body, key, headers, address: '10.0.0.1' });
/** As an API server sends it. */
const review = (token: string, key = credential) =>
  post(
    {
      ...REVIEW,
      metadata: { creationTimestamp: null },
      spec: { token, audiences: ['https://kubernetes.default.svc'] },
      status: { user: {} },
    },
    key,
  );
const made = async (body: object = {}) =>
  (await server.send({ method: 'POST', path: KEYS, body: { displayName: 'ci', role: 'admin', ...body } })).json as {
    id: string;
    key: string;
  };

describe('the review of a token', () => {
  it('names the key, its tenant and its role', async () => {
    const { id, key } = await made();
    const { status, json } = await review(key);
    const groups = ['kupe:tenant:demo', 'kupe:role:admin'];
    expect([status, json]).toEqual([
      200,
      { ...REVIEW, status: { authenticated: true, user: { username: `kupe:key:${id}`, uid: id, groups } } },
    ]);
    expect((await review(await server.makeKey('readonly'))).json.status.user.groups).toEqual(['kupe:tenant:demo', 'kupe:role:readonly']);
  });

  it('says the same of every token that gives no access', async () => {
    await server.makeTenant('other');
    const foreign = await server.makeKey('admin', { tenant: 'other' });
    const expired = await server.makeKey('admin', { expiresAt: '2020-01-01T00:00:00Z' });
    const deleted = await made();
    expect((await review(deleted.key)).json.status.authenticated).toBe(true);
    await server.send({ method: 'DELETE', path: `${KEYS}/${deleted.id}` });
    const unable = await made({ scopes: ['clusters:read'] });
    const bound = await made({ addressRanges: ['10.0.0.0/8'] });
    const wrong = `${deleted.key.slice(0, -1)}_`;
    for (const token of [foreign, expired, deleted.key, unable.key, bound.key, wrong, 'a.b.c', 'x'.repeat(16_000)])
      expect((await review(token)).json, token.slice(0, 30)).toEqual(REFUSED);
  });

  it('needs the scope that connects, where a key has scopes', async () => {
    const { key } = await made({ scopes: ['clusters:connect'] });
    expect((await review(key)).json.status.authenticated).toBe(true);
  });

  it('is for the tenant of the cluster that asks', async () => {
    await server.makeTenant('other');
    const { store } = server.plane.ports;
    const cluster = await store.get({ kind: 'cluster', tenant: 'demo', name: 'web' });
    if (!cluster) throw new Error('no cluster');
    const key = { kind: 'cluster', tenant: 'other', name: 'web' } as const;
    await store.commit({ at: 1, writes: [{ ...cluster, verb: 'create', key, uid: 'another-uid' }] });
    const another = credentials().credentialFor('another-uid');
    expect((await review(server.adminKey, another)).json).toEqual(REFUSED);
    expect((await review(await server.makeKey('admin', { tenant: 'other' }), another)).json.status.authenticated).toBe(true);
  });

  it('refuses every token of a suspended tenant until it is not any more', async () => {
    const { store } = server.plane.ports;
    const suspend = async (suspended: object) => {
      const tenant = await store.get({ kind: 'tenant', tenant: 'demo', name: 'demo' });
      if (!tenant) throw new Error('no tenant');
      const { suspended: _before, ...spec } = tenant.spec;
      const write = { verb: 'update-if', key: tenant, expectedVersion: tenant.resourceVersion, spec: { ...spec, ...suspended } } as const;
      await store.commit({ at: 1, writes: [write] });
    };
    await suspend({ suspended: { reason: 'unpaid' } });
    expect((await review(server.adminKey)).json).toEqual(REFUSED);
    await suspend({});
    expect((await review(server.adminKey)).json.status.authenticated).toBe(true);
  });

  it('counts as a use of the key, from an address that is not known', async () => {
    const { id, key } = await made();
    const usedAt = formatTime(server.clock.now());
    await review(key);
    await server.plane.start();
    await server.clock.advance(60_000);
    await vi.waitFor(async () => {
      const { json } = await server.send({ method: 'GET', path: KEYS });
      const shown = json.items.find((one: { id: string }) => one.id === id);
      expect([shown.lastUsedAt, shown.lastUsedFrom]).toEqual([usedAt, undefined]);
    });
  });
});

describe('the review of access', () => {
  const DENIED = { allowed: false, denied: true, reason: expect.any(String) };
  const NO_OPINION = { allowed: false };
  const access = async (spec: object) => {
    const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
    return (await server.send({ method: 'POST', path: '/webhook/access-review', body, key: credential })).json.status;
  };
  /** The user of a token, as an API server repeats it. */
  const userOf = async (token: string) => {
    const { username: user, ...rest } = (await review(token)).json.status.user;
    return { user, ...rest };
  };

  it('has no opinion of a key as long as it is what it was, and denies it afterwards', async () => {
    const { id, key } = await made();
    const user = await userOf(key);
    expect(await access(user)).toEqual(NO_OPINION);
    await server.send({ method: 'PATCH', path: `${KEYS}/${id}`, body: { addressRanges: ['10.0.0.0/8'] } });
    expect(await access(user)).toEqual(DENIED);
    const { uid: _none, ...byCertificate } = user;
    expect(await access(byCertificate)).toEqual(NO_OPINION);
    const deleted = await made({ role: 'readonly' });
    const reader = await userOf(deleted.key);
    expect(await access(reader)).toEqual(NO_OPINION);
    await server.send({ method: 'DELETE', path: `${KEYS}/${deleted.id}` });
    expect(await access(reader)).toEqual(DENIED);
  });

  it('denies more than a key or a person has, and users of no kind', async () => {
    const reader = await userOf(await server.makeKey('readonly'));
    expect(await access({ ...reader, groups: ['kupe:role:admin'] })).toEqual(DENIED);
    for (const spec of [{}, { user: 'kupe:else:x', groups: ['kupe:role:admin'] }, { ...reader, groups: [] }])
      expect(await access(spec)).toEqual(DENIED);
  });

  it('follows what the tenant says about a person', async () => {
    const members = '/api/v1/tenants/demo/members';
    const extra = { 'kupe.io/email': ['ann@demo.example'], 'kupe.io/email-verified': ['true'], 'kupe.io/claimed-role': ['admin'] };
    const ann = { user: 'kupe:user:ann@demo.example', groups: ['kupe:tenant:demo', 'kupe:role:admin'], extra };
    expect(await access(ann)).toEqual(NO_OPINION);
    await server.send({ method: 'POST', path: members, body: { email: 'ann@demo.example', role: 'readonly' } });
    expect(await access(ann)).toEqual(DENIED);
    expect(await access({ ...ann, groups: ['kupe:role:readonly'] })).toEqual(NO_OPINION);
    await server.send({ method: 'DELETE', path: `${members}/ann@demo.example` });
    expect(await access({ ...ann, groups: ['kupe:role:readonly'] })).toEqual(DENIED);
  });

  it('is asked in the form of v1 alone', async () => {
    const body = { apiVersion: 'authorization.k8s.io/v1beta1', kind: 'SubjectAccessReview', spec: {} };
    expect((await server.send({ method: 'POST', path: '/webhook/access-review', body, key: credential })).status).toBe(400);
  });
});

describe('an API server', () => {
  it('is let in with the credential of its cluster alone, as bearer token or as Basic authentication', async () => {
    const body = { ...REVIEW, spec: { token: server.adminKey } };
    const basic = { authorization: `Basic ${Buffer.from(credential.replace('.', ':')).toString('base64')}` };
    expect((await post(body, null, basic)).json.status.authenticated).toBe(true);
    const strangers = [null, server.adminKey, `${credential}x`, credentials().credentialFor('no-such-cluster')];
    for (const key of strangers) expect((await post(body, key)).status, String(key)).toBe(401);
  });

  it('is let in from the next moment to the last in which its cluster exists', async () => {
    const { store } = server.plane.ports;
    expect((await review(server.adminKey)).status).toBe(200);
    const cluster = await store.get({ kind: 'cluster', tenant: 'demo', name: 'web' });
    if (!cluster) throw new Error('no cluster');
    await store.commit({
      at: 1,
      writes: [{ verb: 'delete-if', key: cluster, uid: cluster.uid, expectedVersion: cluster.resourceVersion }],
    });
    expect((await review(server.adminKey)).status).toBe(401);
  });

  it('is kept out neither by the limit of its address nor by what wrong tokens its users send', async () => {
    await server.stop();
    server = await startInProcess({ OPENKUPE_RATE_LIMIT_BURST: '5', OPENKUPE_RATE_LIMIT_PER_SECOND: '0.01' });
    credential = await makeCluster('web');
    for (let at = 0; at < 50; at += 1) expect((await review(`kupe_wrong_${at}`)).json).toEqual(REFUSED);
    expect((await review(server.adminKey)).json.status.authenticated).toBe(true);
    // A stranger is limited, and takes nothing from API servers at its address.
    const statuses: number[] = [];
    for (let at = 0; at < 10; at += 1) statuses.push((await post({}, 'stranger')).status);
    expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
    expect((await review(server.adminKey)).json.status.authenticated).toBe(true);
  });
});

describe('what is no review', () => {
  it.each([
    ['another version', { ...REVIEW, apiVersion: 'authentication.k8s.io/v1beta1', spec: { token: 'x' } }, 400],
    ['another kind', { ...REVIEW, kind: 'SubjectAccessReview', spec: { token: 'x' } }, 400],
    ['no token', { ...REVIEW, spec: {} }, 400],
    ['no spec', REVIEW, 400],
    ['no JSON', '{', 400],
    ['no object', '[]', 400],
    ['too long a body', JSON.stringify({ ...REVIEW, spec: { token: 'x'.repeat(LIMITS.tokenReviewBytes) } }), 413],
  ])('%s is refused', async (_what, body, status) => {
    expect((await post(body)).status).toBe(status);
  });

  it('other methods and media types are refused', async () => {
    const { status, headers } = await server.send({ method: 'GET', path: PATH });
    expect([status, headers.allow]).toEqual([405, 'POST']);
    expect((await post('x', credential, { 'content-type': 'text/plain' })).status).toBe(415);
  });

  it('is answered 503 while the control plane stops, which the API server retries', async () => {
    void server.plane.ports.lifecycle.drain();
    const { status, headers } = await review(server.adminKey);
    expect([status, headers['retry-after']]).toEqual([503, expect.any(String)]);
  });
});
