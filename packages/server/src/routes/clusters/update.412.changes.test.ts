import { LIMITS } from '@openkupe/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';

const TENANT = '/api/v1/tenants/demo';
const PATH = `${TENANT}/clusters/one`;
let server: InProcess;
let tag: string;
beforeEach(async () => {
  server = await startInProcess();
  const created = await server.send({ method: 'POST', path: `${TENANT}/clusters`, body: { name: 'one' } });
  tag = created.headers.etag ?? '';
});
afterEach(() => server.stop());

let round = 0;
const change = (requestId: string, key = server.adminKey, path = PATH, body: object = { alerts: { round: ++round } }) =>
  server.send({ method: 'PATCH', path, body, key, headers: { 'x-request-id': requestId } });
const stale = (ifMatch: string, path = PATH, body: object = { alerts: {} }) =>
  server.send({ method: 'PATCH', path, body, headers: { 'if-match': ifMatch, accept: 'application/problem+json' } });

it('names who has changed it since the tag, when and how, newest first, and nothing else', async () => {
  const other = await server.makeKey('admin');
  await change('request-first-1');
  const between = (await server.send({ method: 'GET', path: PATH })).headers.etag ?? '';
  await server.clock.advance(60_000);
  await server.send({ method: 'POST', path: `${TENANT}/clusters`, body: { name: 'two' } });
  await change('request-second-2', other);
  const row = { action: 'clusters.update', target: 'clusters/one' };
  const [first, second] = [
    expect.objectContaining({ ...row, requestId: 'request-first-1' }),
    expect.objectContaining({ ...row, requestId: 'request-second-2' }),
  ];
  const refused = await stale(tag);
  expect([refused.status, refused.json.changes]).toEqual([412, [second, first]]);
  expect(Date.parse(refused.json.changes[0].at) - Date.parse(refused.json.changes[1].at)).toBe(60_000);
  expect(refused.json.changes[0].actor).toMatch(/^ak-/);
  expect(refused.json.changes[0].actor).not.toBe(refused.json.changes[1].actor);
  expect((await stale(between)).json.changes).toEqual([second]);
  expect((await stale(`W/${tag}, "1.1"`)).json.changes).toEqual([second, first]);
});

it.each(['"999999.0"', '"nonsense"', 'x'])('names nothing for %s, which is no version of it', async (ifMatch) => {
  await change('request-only-1');
  const refused = await stale(ifMatch);
  expect([refused.status, 'changes' in refused.json]).toEqual([412, false]);
});

it('counts members to the tenant, and stops at its bound', async () => {
  const tenant = (await server.send({ method: 'GET', path: TENANT })).headers.etag ?? '';
  await server.send({ method: 'POST', path: `${TENANT}/members`, body: { email: 'a@example.com', role: 'readonly' } });
  expect((await stale(tenant, TENANT, { enforceLogLimit: true })).json.changes).toEqual([
    expect.objectContaining({ action: 'members.create', target: 'members/a@example.com' }),
  ]);
  for (let count = 0; count < LIMITS.changesCarried + 2; count += 1) await change(`request-number-${count}`);
  expect((await stale(tag)).json.changes).toHaveLength(LIMITS.changesCarried);
});

it('is in no other body', async () => {
  await change('request-only-1');
  const refused = await server.send({ method: 'PATCH', path: PATH, body: { alerts: {} }, headers: { 'if-match': tag } });
  expect(Object.keys(refused.json)).toEqual(['error']);
});

it('names nothing of a tenant that had the name before', async () => {
  const { store } = server.plane.ports;
  const audit = {
    tenant: 'again',
    actor: 'before@example.com',
    action: 'members.create',
    target: 'members/before@example.com',
    requestId: 'r-before',
    ...{ tenantUid: '', targetUid: '', address: '', fields: [] },
  };
  await store.commit({ at: server.clock.now(), writes: [], audit });
  await server.clock.advance(60_000);
  await server.makeTenant('again');
  const key = await server.makeKey('admin', { tenant: 'again' });
  const refused = await server.send({
    method: 'PATCH',
    path: '/api/v1/tenants/again',
    body: { enforceLogLimit: true },
    key,
    headers: { 'if-match': '"0"', accept: 'application/problem+json' },
  });
  expect([refused.status, JSON.stringify(refused.json).includes('before@example.com')]).toEqual([412, false]);
});

it('says of each change which fields it moved, and nothing of an earlier cluster of the name', async () => {
  const { store } = server.plane.ports;
  await server.send({ method: 'PATCH', path: PATH, body: { resources: { cpu: '3' } } });
  const { changes } = (await stale(tag)).json;
  expect(changes[0].fields).toEqual([{ pointer: '#/resources/cpu', after: '3' }]);
  const { uid, resourceVersion: expectedVersion } =
    (await store.get({ kind: 'cluster', tenant: 'demo', name: 'one' })) ?? expect.fail('no cluster');
  const key = { kind: 'cluster', tenant: 'demo', name: 'one' } as const;
  await store.commit({ at: server.clock.now(), writes: [{ verb: 'delete-if', key, uid, expectedVersion }] });
  await server.send({ method: 'POST', path: `${TENANT}/clusters`, body: { name: 'one' } });
  const again = (await stale(tag)).json.changes;
  expect(again.map(({ action }: { action: string }) => action)).toEqual(['clusters.create']);
});

it('is for a key with the scopes to read it alone, and so is the representation', async () => {
  await change('request-only-1');
  const carried = async (...scopes: string[]) => {
    const body = { displayName: 'ci', role: 'admin', scopes: ['clusters:update', ...scopes] };
    const { key } = (await server.send({ method: 'POST', path: `${TENANT}/apikeys`, body })).json;
    const headers = { 'if-match': tag, accept: 'application/problem+json' };
    const { status, json } = await server.send({ method: 'PATCH', path: PATH, body: { alerts: {} }, key, headers });
    return [status, 'changes' in json, 'current' in json];
  };
  expect(await carried()).toEqual([412, false, false]);
  expect(await carried('audit:read')).toEqual([412, true, false]);
  expect(await carried('clusters:read')).toEqual([412, false, true]);
});
