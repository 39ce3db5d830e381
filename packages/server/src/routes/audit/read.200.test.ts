import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AuditRecord, LIMITS } from '@openkupe/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Write } from '../../store/store.ts';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';

const TENANT = '/api/v1/tenants/demo';
const AUDIT = `${TENANT}/audit`;
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

const send = (method: string, path: string, body?: object, headers = {}) =>
  server.send({ method, path: `${TENANT}/${path}`, ...(body && { body }), headers, address: '192.0.2.7' });
const rows = async (query = ''): Promise<AuditRecord[]> => (await server.send({ method: 'GET', path: `${AUDIT}${query}` })).json.items;
const newest = async () => (await rows('?limit=1'))[0];
const fieldsOf = async () => (await newest())?.fields;

describe('a row', () => {
  it('says who, what, when, from where, by which request, and with which fields', async () => {
    const made = await send('POST', 'clusters', { name: 'web', resources: { cpu: '1' } }, { 'x-request-id': 'request-make-1' });
    expect(await newest()).toMatchObject({
      at: made.json.createdAt,
      action: 'clusters.create',
      target: 'clusters/web',
      address: '192.0.2.7',
      requestId: 'request-make-1',
    });
    const created = await newest();
    expect(created?.fields).toContainEqual({ pointer: '#/resources/cpu', after: '1' });
    const { etag } = made.headers;
    await send('PATCH', 'clusters/web', { resources: { cpu: '2' }, alerts: { a: 1, b: { c: [1] } } }, { 'if-match': etag });
    expect(await newest()).toMatchObject({
      action: 'clusters.update',
      targetUid: created?.targetUid,
      fields: [
        { pointer: '#/resources/cpu', before: '1', after: '2' },
        { pointer: '#/alerts/a', after: 1 },
        { pointer: '#/alerts/b/c', after: [1] },
      ],
    });
    const events = (await server.plane.ports.store.events(0, 1_000)).filter(({ key }) => key.name === 'web');
    expect(events.map(({ revision }) => revision)).toContain((await newest())?.revision);
    await send('DELETE', 'clusters/web');
    expect(await fieldsOf()).toContainEqual({ pointer: '#/version', before: expect.any(String) });
  });

  it('shows numbers in free-form settings as they are, whatever their names', async () => {
    const made = await send('POST', 'clusters', { name: 'web', alerts: { endsAt: 1e300, muted: { endsAt: 5 } } });
    expect(made.status).toBe(201);
    expect(await fieldsOf()).toContainEqual({ pointer: '#/alerts/endsAt', after: 1e300 });
    expect(await fieldsOf()).toContainEqual({ pointer: '#/alerts/muted/endsAt', after: 5 });
  });

  it('of members names the one that changed', async () => {
    await send('POST', 'members', { email: 'a@example.com', role: 'readonly' });
    expect(await fieldsOf()).toEqual([
      { pointer: '#/members/a@example.com/email', after: 'a@example.com' },
      { pointer: '#/members/a@example.com/role', after: 'readonly' },
    ]);
    await send('PATCH', 'members/a@example.com', { role: 'admin' });
    expect(await fieldsOf()).toEqual([{ pointer: '#/members/a@example.com/role', before: 'readonly', after: 'admin' }]);
  });

  it('of an API key holds neither the key nor its hash', async () => {
    const { json } = await send('POST', 'apikeys', { displayName: 'x', role: 'readonly' });
    const row = await newest();
    expect(row?.fields).toContainEqual({ pointer: '#/keyHash', withheld: 'secret' });
    const stored = await server.plane.ports.store.get({ kind: 'api-key', tenant: 'demo', name: json.id });
    for (const secret of [json.key, stored?.spec.keyHash]) expect(JSON.stringify(row)).not.toContain(secret);
  });

  it('of Alertmanager holds no credential, and says where one changed', async () => {
    const put = (name: string, api_url: string, channel: string) =>
      send('PUT', `alertmanager/receivers/${name}`, { slack_configs: [{ api_url, channel }] });
    await put('team', 'https://hooks.slack.com/services/T0/B0/first-credential', '#one');
    expect(JSON.stringify(await newest())).not.toContain('first-credential');
    expect(await fieldsOf()).toEqual([
      { pointer: '#/receivers/team', after: { name: 'team', slack_configs: [{ api_url: '<secret>', channel: '#one' }] } },
    ]);
    await put('team', 'https://hooks.slack.com/services/T0/B0/second-credential', '#one');
    expect(await fieldsOf()).toEqual([{ pointer: '#/receivers/team', withheld: 'secret' }]);
    await put('team', 'https://hooks.slack.com/services/T0/B0/third-credential', '#two');
    expect(JSON.stringify(await rows())).not.toContain('-credential');
    expect(JSON.stringify(await fieldsOf())).toMatch(/#one.*#two/);
    await send('PUT', 'alertmanager/global', { smtp_from: 'a@example.com', smtp_auth_password: 'fourth-credential' });
    expect(await fieldsOf()).toEqual([
      { pointer: '#/global/smtp_from', after: 'a@example.com' },
      { pointer: '#/global/smtp_auth_password', after: '<secret>' },
    ]);
  });

  it('is bounded: long values are withheld, and so is what is more than the most fields', async () => {
    await send('POST', 'clusters', { name: 'web' });
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`k${at}`, 'x'.repeat(500)]));
    await send('PATCH', 'clusters/web', { alerts: { long: 'x'.repeat(LIMITS.auditValueBytes), ...many } });
    const fields = (await fieldsOf()) ?? [];
    expect(fields[0]).toEqual({ pointer: '#/alerts/long', withheld: 'size' });
    expect(fields).toHaveLength(LIMITS.auditFields + 1);
    expect(fields.at(-1)).toEqual({ pointer: '#', withheld: 'size' });
    expect(JSON.stringify(fields).length).toBeLessThan(2 * LIMITS.auditBytes);
    expect(fields.filter(({ after }) => after !== undefined).length).toBeGreaterThan(10);
  });

  it('is not written for what was refused or only validated', async () => {
    const before = await rows();
    await send('POST', 'clusters', { name: 'WEB' });
    await send('POST', 'clusters?validateOnly=true', { name: 'web' });
    expect(await rows()).toEqual(before);
  });
});

describe('pages', () => {
  const MADE = ['aa', 'bb', 'cc', 'dd', 'ee'];
  beforeEach(async () => {
    for (const name of MADE) {
      await send('POST', 'clusters', { name });
      await server.clock.advance(1_000);
    }
  });
  const targets = async (query: string) => (await rows(query)).map(({ target }) => target);

  it.each([1, 2, 500])('of %d show every row once, also while rows come', async (limit) => {
    const whole = await rows('?limit=500');
    const seen: AuditRecord[] = [];
    for (let query = `?limit=${limit}`, at = 0; ; at += 1) {
      const { json } = await server.send({ method: 'GET', path: `${AUDIT}${query}` });
      seen.push(...json.items);
      if (json.continue === undefined) break;
      if (at === 0) await send('POST', 'clusters', { name: 'later' });
      query = `?limit=${limit}&continue=${json.continue}`;
    }
    expect(seen).toEqual(whole);
  });

  it('are filtered by actor, action, target and time', async () => {
    const [row] = await rows('?target=clusters/cc');
    expect(await targets('?action=clusters.&limit=500')).toEqual(MADE.map((name) => `clusters/${name}`).reverse());
    expect(await targets('?action=clusters.create&target=clusters/aa')).toEqual(['clusters/aa']);
    expect(await targets(`?actor=${row?.actor}`)).toHaveLength(MADE.length);
    expect(await targets('?actor=nobody@example.com')).toEqual([]);
    expect(await targets(`?action=clusters.&since=${row?.at}`)).toEqual(['clusters/ee', 'clusters/dd', 'clusters/cc']);
    expect(await targets(`?action=clusters.&until=${row?.at}`)).toEqual(['clusters/bb', 'clusters/aa']);
  });

  it.each([
    'since=today',
    'since=2026-13-01T00:00:00Z',
    'until=2026-01-01T24:60:00Z',
    'limit=0',
    'limit=501',
    'continue=nonsense',
    'continue=YXVkaXQteA',
    'colour=red',
    'format=xml',
  ])('are refused for %s', async (query) => expect((await server.send({ method: 'GET', path: `${AUDIT}?${query}` })).status).toBe(400));
});

it('JSON lines are every row that is left, over all pages of the store, and taken as the client reads', async () => {
  const { store } = server.plane.ports;
  const { uid = '' } = (await store.get({ kind: 'tenant', tenant: 'demo', name: 'demo' })) ?? {};
  const entry = { tenant: 'demo', tenantUid: uid, targetUid: '', actor: 'a', target: 'b', address: '', requestId: 'c', fields: [] };
  for (let at = 0; at < 2_500; at += 1) void store.commit({ at, writes: [], audit: { ...entry, action: `n${at}` } });
  await store.commit({ at: 0, writes: [], audit: { ...entry, action: 'last' } });
  const listener = createServer((request, response) => void server.plane.http.handle(request, response));
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  const response = await fetch(`${base}${AUDIT}?format=jsonl`, { headers: { authorization: `Bearer ${server.adminKey}` } });
  expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
  const lines = (await response.text()).trimEnd().split('\n');
  expect(lines.slice(0, 2_501).map((line) => JSON.parse(line).action)).toEqual([
    'last',
    ...Array.from({ length: 2_500 }, (_, at) => `n${2_499 - at}`),
  ]);
  listener.close();
  const filtered = await server.send({ method: 'GET', path: `${AUDIT}?format=jsonl&action=n7` });
  expect(filtered.text.trimEnd().split('\n')).toHaveLength(1);
});

it('is for admins of the tenant, and shows nothing of an earlier tenant of the name', async () => {
  await server.makeTenant('again');
  const old = await server.makeKey('admin', { tenant: 'again' });
  await server.send({ method: 'POST', path: '/api/v1/tenants/again/clusters', body: { name: 'before' }, key: old });
  const { store } = server.plane.ports;
  for (const kind of ['cluster', 'api-key', 'tenant'] as const) {
    for (const { uid, resourceVersion: expectedVersion, ...row } of await store.list(kind, 'again')) {
      const key = { kind, tenant: 'again', name: row.name };
      await store.commit({ at: server.clock.now(), writes: [{ verb: 'delete-if', key, uid, expectedVersion } as Write] });
    }
  }
  const key = { kind: 'tenant', tenant: 'again', name: 'again' } as const;
  const { spec, observed } = (await store.get({ kind: 'tenant', tenant: 'demo', name: 'demo' })) ?? expect.fail('no tenant');
  await store.commit({ at: server.clock.now(), writes: [{ verb: 'create', key, uid: 'uid-later', spec, observed }] });
  const [admin, readonly] = [await server.makeKey('admin', { tenant: 'again' }), await server.makeKey('readonly', { tenant: 'again' })];
  await server.send({ method: 'POST', path: '/api/v1/tenants/again/clusters', body: { name: 'after' }, key: admin });
  const read = async (reader: string, query = '') =>
    server.send({ method: 'GET', path: `/api/v1/tenants/again/audit${query}`, key: reader });
  expect((await read(admin)).json.items.map(({ target }: AuditRecord) => target)).toEqual(['clusters/after']);
  expect((await read(admin, '?format=jsonl')).text).not.toContain('before');
  expect((await read(readonly)).status).toBe(403);
  expect((await read(server.adminKey)).status).toBe(403);
});
