import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const COLLECTION = '/api/v1/tenants/demo/webhooks';
const URL = 'https://hooks.example.com/kupe?token=hunter2';

let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

const create = (body: object = {}, headers: Record<string, string> = {}) =>
  server.send({ method: 'POST', path: COLLECTION, body: { name: 'hook', url: URL, ...body }, headers });

it('shows the secret once, in the form of Standard Webhooks, and stores it sealed', async () => {
  const { status, json, headers } = await create({ events: ['cluster.*'] });
  expect(status).toBe(201);
  expect(json).toMatchObject({ name: 'hook', url: URL, events: ['cluster.*'], enabled: true, status: { phase: 'Active', failures: 0 } });
  expect(json.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const { secret, ...shown } = json;
  const one = await server.send({ method: 'GET', path: `${COLLECTION}/hook` });
  expect([one.json, one.headers.etag]).toEqual([shown, headers.etag]);
  expect((await server.send({ method: 'GET', path: COLLECTION })).json.items).toEqual([shown]);
  const row = await server.plane.ports.store.get({ kind: 'webhook', tenant: 'demo', name: 'hook' });
  expect(JSON.stringify(row)).not.toContain(secret);
});

it('brings the same secret for a repeated Idempotency-Key, and is 409 without', async () => {
  const first = await create({}, { 'idempotency-key': 'k-1' });
  expect((await create({}, { 'idempotency-key': 'k-1' })).json.secret).toBe(first.json.secret);
  const taken = await create();
  expect([taken.status, errorOf(taken)]).toEqual([409, expect.stringContaining('"hook" is taken')]);
});

it('names neither address nor secret in events and audit, and shows the address to admins alone', async () => {
  const { json } = await create();
  const { json: rotated } = await server.send({ method: 'POST', path: `${COLLECTION}/hook/rotate-secret`, body: {} });
  await server.send({ method: 'PATCH', path: `${COLLECTION}/hook`, body: { url: `${URL}2` } });
  const { store } = server.plane.ports;
  const written = JSON.stringify([await store.events(0, 100), await store.audit('demo', 100)]);
  for (const secret of ['hunter2', json.secret, rotated.secret]) expect(written).not.toContain(secret);
  const key = await server.makeKey('readonly');
  expect((await server.send({ method: 'GET', path: `${COLLECTION}/hook`, key })).status).toBe(403);
});

it('after a deletion a later one of the same name has another secret and id', async () => {
  const first = await create();
  await server.send({ method: 'DELETE', path: `${COLLECTION}/hook` });
  const second = await create();
  expect([second.status, second.json.secret === first.json.secret]).toEqual([201, false]);
  expect((await server.send({ method: 'GET', path: `${COLLECTION}/hook/deliveries` })).json).toEqual({ items: [] });
});
