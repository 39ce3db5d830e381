import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const COLLECTION = '/api/v1/tenants/demo/apikeys';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

const create = (body: unknown, headers: Record<string, string> = {}) => server.send({ method: 'POST', path: COLLECTION, body, headers });

it('shows the key once, in its exact form, and never again', async () => {
  const { status, json } = await create({ displayName: 'ci', role: 'readonly', expiresAt: '2027-01-01T02:00:00+02:00' });
  expect(status).toBe(201);
  expect(json).toMatchObject({
    displayName: 'ci',
    role: 'readonly',
    expiresAt: '2027-01-01T02:00:00+02:00',
    createdBy: 'owner@demo.example',
  });
  expect(json.id).toMatch(/^ak-[0-9a-f]{8}$/);
  expect(json.key).toMatch(new RegExp(`^kupe_${json.id.slice(3)}_[A-Za-z0-9_-]{51}$`));
  const list = await server.send({ method: 'GET', path: COLLECTION });
  const listed = list.json.items.find(({ id }: { id: string }) => id === json.id);
  expect(listed).toEqual({ ...json, key: undefined });
  expect(list.text).not.toContain(json.key);
  expect(list.text).not.toMatch(/hash/i);
});

it('works at once with its role, says when it was used, and is refused from the moment it is revoked', async () => {
  const { json } = await create({ displayName: 'short-lived', role: 'readonly', expiresAt: '' });
  expect(json).not.toHaveProperty('expiresAt');
  const clusters = '/api/v1/tenants/demo/clusters';
  expect((await server.send({ method: 'GET', path: clusters, key: json.key })).status).toBe(200);
  await server.plane.start();
  await server.clock.advance(60_000);
  await vi.waitFor(async () => {
    const { json: list } = await server.send({ method: 'GET', path: COLLECTION });
    expect(list.items.find(({ id }: { id: string }) => id === json.id).lastUsedAt).toBe('2026-01-01T00:00:00Z');
  });
  expect((await server.send({ method: 'DELETE', path: `${COLLECTION}/${json.id}` })).status).toBe(204);
  expect((await server.send({ method: 'GET', path: clusters, key: json.key })).status).toBe(401);
  const again = await server.send({ method: 'DELETE', path: `${COLLECTION}/${json.id}` });
  expect([again.status, errorOf(again)]).toEqual([404, expect.stringContaining(json.id)]);
});

it('stops working when it expires', async () => {
  const expiresAt = new Date(server.clock.now() + 60_000).toISOString();
  const { json } = await create({ displayName: 'brief', role: 'readonly', expiresAt });
  expect((await server.send({ method: 'GET', path: '/api/v1/tenants/demo', key: json.key })).status).toBe(200);
  await server.clock.advance(61_000);
  expect((await server.send({ method: 'GET', path: '/api/v1/tenants/demo', key: json.key })).status).toBe(401);
});

it('makes two keys of two requests, and one of a repeated Idempotency-Key; the idempotency record is not stored in clear', async () => {
  const body = { displayName: 'twice', role: 'readonly' };
  expect((await create(body)).json.key).not.toBe((await create(body)).json.key);
  const first = await create(body, { 'idempotency-key': 'k-1' });
  const again = await create(body, { 'idempotency-key': 'k-1' });
  expect(again.json.key).toBe(first.json.key);
});

it.each([
  ['no name', { role: 'admin' }, 'displayName is required'],
  ['a blank name', { displayName: '  ', role: 'admin' }, 'displayName must not be blank'],
  ['an unknown role', { displayName: 'x', role: 'owner' }, 'role must be one of admin, readonly, not "owner"'],
  ['an expiry that is no time', { displayName: 'x', role: 'admin', expiresAt: 'tomorrow' }, 'expiresAt must be an RFC 3339 time'],
  ['an expiry without a zone', { displayName: 'x', role: 'admin', expiresAt: '2027-01-01T00:00:00' }, 'expiresAt must be an RFC 3339 time'],
  [
    'a day that does not exist',
    { displayName: 'x', role: 'admin', expiresAt: '2027-02-31T00:00:00Z' },
    'expiresAt must be an RFC 3339 time',
  ],
  ['an expiry in the past', { displayName: 'x', role: 'admin', expiresAt: '2025-01-01T00:00:00Z' }, 'expiresAt must be in the future'],
])('refuses %s with 400', async (_what, body, message) => {
  const received = await create(body);
  expect([received.status, errorOf(received)]).toEqual([400, expect.stringContaining(message)]);
});

it('refuses an id without its prefix with 400, and one that is not there with 404', async () => {
  const bad = await server.send({ method: 'DELETE', path: `${COLLECTION}/7f3b2c1d` });
  expect([bad.status, errorOf(bad)]).toEqual([400, expect.stringContaining('must start with "ak-"')]);
  expect((await server.send({ method: 'DELETE', path: `${COLLECTION}/ak-7f3b2c1d` })).status).toBe(404);
});
