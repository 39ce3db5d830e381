import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const COLLECTION = '/api/v1/tenants/demo/apikeys';
const CLUSTERS = '/api/v1/tenants/demo/clusters';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

const create = async (body: object = {}) =>
  (await server.send({ method: 'POST', path: COLLECTION, body: { displayName: 'ci', role: 'readonly', ...body } })).json;
const rotate = (id: string, body: unknown = {}, headers: Record<string, string> = {}) =>
  server.send({ method: 'POST', path: `${COLLECTION}/${id}/rotate`, body, headers });
const listed = async (id: string) => {
  const { json } = await server.send({ method: 'GET', path: COLLECTION });
  return json.items.find((item: { id: string }) => item.id === id);
};
const statusWith = async (key: string) => (await server.send({ method: 'GET', path: CLUSTERS, key })).status;

it('D23: makes another key of the same name, role and expiry, byte for byte, and shows it once', async () => {
  const old = await create({ expiresAt: '2027-01-01T02:00:00+02:00' });
  const { status, json } = await rotate(old.id);
  expect(status).toBe(201);
  expect(json).toMatchObject({ displayName: 'ci', role: 'readonly', expiresAt: '2027-01-01T02:00:00+02:00' });
  expect([json.id === old.id, json.key === old.key]).toEqual([false, false]);
  const { key: _once, ...shown } = json;
  expect(await listed(json.id)).toEqual(shown);
});

it('lists the old key with what replaced it, its own expiry untouched', async () => {
  const old = await create({ expiresAt: '2027-01-01T00:00:00Z' });
  const { json } = await rotate(old.id, { overlapSeconds: 60 });
  const endsAt = new Date(server.clock.now() + 60_000).toISOString().replace('.000', '');
  const [row] = (await server.send({ method: 'GET', path: '/api/v1/tenants/demo/audit?limit=1' })).json.items;
  expect(row.fields).toContainEqual({ pointer: '#/replacedBy/endsAt', after: endsAt });
  expect(await listed(old.id)).toMatchObject({ expiresAt: '2027-01-01T00:00:00Z', replacedBy: json.id, overlapEndsAt: endsAt });
});

it.each([
  ['the default of an hour', {}, 3_600],
  ['what was asked for', { overlapSeconds: 90 }, 90],
])('both keys work during %s, then the old one is 401', async (_what, body, seconds) => {
  const old = await create();
  const { json } = await rotate(old.id, body);
  expect([await statusWith(old.key), await statusWith(json.key)]).toEqual([200, 200]);
  await server.clock.advance(seconds * 1_000 - 1);
  expect(await statusWith(old.key)).toBe(200);
  await server.clock.advance(1);
  expect([await statusWith(old.key), await statusWith(json.key)]).toEqual([401, 200]);
});

it('an overlap of 0 ends the old key at once', async () => {
  const old = await create();
  const { json } = await rotate(old.id, { overlapSeconds: 0 });
  expect([await statusWith(old.key), await statusWith(json.key)]).toEqual([401, 200]);
});

it('an overlap does not prolong an expiry', async () => {
  const old = await create({ expiresAt: new Date(server.clock.now() + 30_000).toISOString() });
  await rotate(old.id);
  await server.clock.advance(30_000);
  expect(await statusWith(old.key)).toBe(401);
});

it('D24: the old key can be deleted before its overlap ends, and the new one stays', async () => {
  const old = await create();
  const { json } = await rotate(old.id);
  expect((await server.send({ method: 'DELETE', path: `${COLLECTION}/${old.id}` })).status).toBe(204);
  expect([await statusWith(old.key), await statusWith(json.key)]).toEqual([401, 200]);
});

it('a repeated Idempotency-Key gets the same new key; two at once make one', async () => {
  const old = await create();
  const first = await rotate(old.id, {}, { 'idempotency-key': 'r-1' });
  expect((await rotate(old.id, {}, { 'idempotency-key': 'r-1' })).json.key).toBe(first.json.key);
  const other = await create();
  const answers = await Promise.all([rotate(other.id), rotate(other.id)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
});

it('409 for a key that was replaced already: it names the one to rotate', async () => {
  const old = await create();
  const { json } = await rotate(old.id);
  const again = await rotate(old.id);
  expect([again.status, again.headers['error-code']]).toEqual([409, 'already-rotated']);
  expect(errorOf(again)).toContain(json.id);
});

it('400 for an expired key, and for an overlap out of bounds; 404 for a key that is not there', async () => {
  const old = await create({ expiresAt: new Date(server.clock.now() + 1_000).toISOString() });
  await server.clock.advance(1_000);
  const expired = await rotate(old.id);
  expect([expired.status, expired.headers['error-code']]).toEqual([400, 'key-expired']);
  for (const overlapSeconds of [-1, 1.5, 30 * 86_400 + 1, '60', null]) {
    const refused = await rotate(old.id, { overlapSeconds });
    expect([refused.status, errorOf(refused)]).toEqual([400, expect.stringContaining('overlapSeconds must be')]);
  }
  expect((await rotate('ak-00000000')).status).toBe(404);
});
