import { isAllowed, type Role, type Route, readWithTag } from '@openkupe/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { type OidcIssuerUnderTest, startOidcIssuer } from '../../testing/oidc-issuer.ts';
import { EVERY_ROUTE, samplePath, sampleRequest } from '../../testing/sample-requests.ts';

const TENANT = '/api/v1/tenants/demo';
/** What the sample requests name. */
const THINGS = [
  ['POST', 'clusters', { name: 'one' }],
  ['POST', 'secrets', { name: 'one', secretPath: 'a/b' }],
  ['POST', 'webhooks', { name: 'one', url: 'https://hooks.example.com/kupe' }],
  ['POST', 'members', { email: 'developer@example.com', role: 'readonly' }],
  ['PUT', 'alertmanager/receivers/one', { webhook_configs: [{ url: 'https://hooks.example.com/hunter2' }] }],
  ['PUT', 'alertmanager/global', { smtp_from: 'alerts@example.com' }],
  ['PUT', 'alertmanager/routes', { items: [{ receiver: 'one', group_wait: '30s' }] }],
] as const;

const GUARDED = EVERY_ROUTE.filter(({ guardedBy }) => guardedBy !== undefined).map((route) => [route.id, route] as const);
/** Guarded by what is read on another path, so that there is nothing of their own to carry. */
const WITHOUT_READ = ['members.create', 'members.update', 'members.delete'];

let issuer: OidcIssuerUnderTest;
let server: InProcess;
/** A person, because only the owner of a tenant may delete it. */
let owner: string;
beforeAll(async () => {
  issuer = await startOidcIssuer();
  server = await startInProcess({ OPENKUPE_OIDC_ISSUER: issuer.issuer, OPENKUPE_OIDC_AUDIENCE: 'kupe-cli' });
  await server.clock.advance(Date.now() - server.clock.now());
  owner = await issuer.token({ email: 'owner@demo.example', email_verified: true, groups: ['demo-admins'] });
  for (const [method, path, body] of THINGS) {
    expect((await server.send({ method, path: `${TENANT}/${path}`, body })).status).toBeLessThan(300);
  }
  const key = { kind: 'api-key', tenant: 'demo', name: 'ak-0123abcd' } as const;
  const spec = { displayName: 'ci', role: 'readonly', createdBy: 'a@b.example', keyHash: '00' } as const;
  await server.plane.ports.store.commit({ at: 0, writes: [{ verb: 'create', key, uid: 'uid-key', spec, observed: {} }] });
});
afterAll(async () => {
  await server.stop();
  await issuer.stop();
});

const stale = (route: Route, accept?: string) =>
  server.send({
    ...sampleRequest(route),
    key: owner,
    headers: { 'if-match': '"999999.0"', ...(accept === undefined ? {} : { accept }) },
  });
const read = (path: string) => server.send({ method: 'GET', path, key: owner });
const pathOfTag = (route: Route) => samplePath(readWithTag(route) ?? (EVERY_ROUTE.find(({ id }) => id === 'tenants.get') as Route));

describe.each(GUARDED)('%s', (id, route) => {
  it.each([undefined, '*/*', 'application/json', 'application/json, application/problem+json;q=0.9', 'application/problem+json;q=0'])(
    '412 has one field and the present tag for Accept: %s',
    async (accept) => {
      const refused = await stale(route, accept);
      expect([refused.status, errorOf(refused)]).toEqual([412, expect.stringContaining('changed after it was read')]);
      expect(refused.headers['content-type']).toBe('application/json; charset=utf-8');
      const versionOf = (tag = '') => tag.split('.')[0];
      expect(versionOf(refused.headers.etag)).toBe(versionOf((await read(pathOfTag(route))).headers.etag));
    },
  );

  it.each(['application/problem+json', 'application/json, application/problem+json'])(
    'carries what a GET answers, under its tag, for Accept: %s',
    async (accept) => {
      const refused = await stale(route, accept);
      const now = await read(pathOfTag(route));
      expect(refused.status).toBe(412);
      expect(refused.headers).toMatchObject({ 'content-type': 'application/problem+json; charset=utf-8', etag: now.headers.etag });
      expect(refused.json).toMatchObject({ status: 412, code: 'precondition-failed', advice: 're-read', etag: now.headers.etag });
      expect(refused.json.error).toContain('changed after it was read');
      expect(refused.json.current).toEqual(WITHOUT_READ.includes(id) ? undefined : now.json);
    },
  );

  it('whoever may write it may read what is carried', () => {
    for (const role of ['admin', 'readonly'] satisfies Role[]) {
      if (isAllowed(role, route.access)) expect(isAllowed(role, readWithTag(route)?.access ?? 'public')).toBe(true);
    }
  });
});

describe.each(GUARDED.filter(([, { method }]) => method !== 'POST'))('%s with If-None-Match', (id, route) => {
  /** What the sample would be refused for anyway: a condition does not hide that (RFC 9110 §13.2.1). */
  const REFUSED_ANYWAY: Readonly<Record<string, number>> = { 'alertmanager.receivers.delete': 409 };
  const send = (ifNoneMatch: string) => server.send({ ...sampleRequest(route), key: owner, headers: { 'if-none-match': ifNoneMatch } });

  it('* and the present tag: 412 that shows the tag, and nothing is changed', async () => {
    const before = await read(pathOfTag(route));
    // NOTE: the deletion of a tenant may be asked for once a minute.
    const conditions = id === 'tenants.delete' ? ['*'] : ['*', before.headers.etag ?? '', `"7.7", W/${before.headers.etag}`];
    for (const condition of conditions) {
      const refused = await send(condition);
      expect([condition, refused.status]).toEqual([condition, REFUSED_ANYWAY[id] ?? 412]);
      if (refused.status === 412)
        expect([errorOf(refused), refused.headers.etag]).toEqual([expect.stringContaining('If-None-Match'), before.headers.etag]);
      expect((await read(pathOfTag(route))).text).toBe(before.text);
    }
  });

  it('If-Match is asked first (RFC 9110 §13.2.2)', async () => {
    const headers = { 'if-match': '"999999.0"', 'if-none-match': '*' };
    const refused = await server.send({ ...sampleRequest(route), key: owner, headers });
    expect([refused.status, errorOf(refused)]).toEqual([412, expect.stringContaining('changed after it was read')]);
  });
});

it('PUT with If-None-Match: * makes what does not exist, once', async () => {
  const put = () =>
    server.send({
      method: 'PUT',
      path: `${TENANT}/alertmanager/receivers/once`,
      key: owner,
      body: { webhook_configs: [{ url: 'https://hooks.example.com/x' }] },
      headers: { 'if-none-match': '*' },
    });
  expect([(await put()).status, (await put()).status]).toEqual([200, 412]);
});

it('POST with If-None-Match: * makes what does not exist, and is 409 for a name that is taken', async () => {
  const post = (path: string, body: object) =>
    server.send({ method: 'POST', path: `${TENANT}/${path}`, key: owner, body, headers: { 'if-none-match': '*' } });
  const member = { email: 'once@example.com', role: 'readonly' };
  const secret = { name: 'once', secretPath: 'a/b' };
  expect([(await post('members', member)).status, (await post('members', member)).status]).toEqual([201, 409]);
  expect([(await post('secrets', secret)).status, (await post('secrets', secret)).status]).toEqual([201, 409]);
});

it('every other guarded route has a representation to carry', () => {
  expect(GUARDED.filter(([, route]) => !readWithTag(route)).map(([id]) => id)).toEqual(WITHOUT_READ);
});
