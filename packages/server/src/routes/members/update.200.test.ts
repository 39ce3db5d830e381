import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const TENANT = '/api/v1/tenants/demo';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());
beforeEach(async () => {
  await server.send({ method: 'POST', path: `${TENANT}/members`, body: { email: 'dev+one@example.com', role: 'readonly' } });
});

const patch = (email: string, role: string, headers: Record<string, string> = {}) =>
  server.send({ method: 'PATCH', path: `${TENANT}/members/${email}`, body: { role }, headers });
const etagOf = async () => (await server.send({ method: 'GET', path: TENANT })).headers.etag ?? '';

it.each(['dev+one@example.com', 'dev%2Bone%40example.com', 'dev+one%40example.com', 'DEV+ONE@Example.com'])(
  'D21: finds %s, whether escaped or not, in any case',
  async (email) => {
    expect(await patch(email, 'admin')).toMatchObject({ status: 200, json: { email: 'dev+one@example.com', role: 'admin' } });
    expect(await patch(email, 'readonly')).toMatchObject({ status: 200, json: { email: 'dev+one@example.com', role: 'readonly' } });
  },
);

it("moves the tenant's ETag, is guarded by it, and leaves it alone when nothing changes", async () => {
  const before = await etagOf();
  expect((await patch('dev+one@example.com', 'readonly', { 'if-match': before })).status).toBe(200);
  expect(await etagOf()).toBe(before);
  expect((await patch('dev+one@example.com', 'admin', { 'if-match': before })).status).toBe(200);
  const stale = await patch('dev+one@example.com', 'readonly', { 'if-match': before });
  expect([stale.status, errorOf(stale)]).toEqual([412, expect.stringContaining('Tenant "demo" changed')]);
  expect(stale.headers.etag).toBe(await etagOf());
});

it('404 for an address that is no member, even with an If-Match; 400 for one that is none', async () => {
  const missing = await patch('nobody@example.com', 'admin', { 'if-match': '"0"' });
  expect([missing.status, errorOf(missing)]).toEqual([404, expect.stringContaining('Member "nobody@example.com" not found')]);
  const bad = await patch('nobody', 'admin');
  expect([bad.status, errorOf(bad)]).toEqual([400, expect.stringContaining('member email must be an e-mail address')]);
});

it('400: the only admin cannot be demoted, another one can', async () => {
  await patch('dev+one@example.com', 'readonly');
  const refused = await patch('owner@demo.example', 'readonly');
  expect([refused.status, refused.headers['error-code']]).toEqual([400, 'last-admin']);
  await patch('dev+one@example.com', 'admin');
  expect((await patch('owner@demo.example', 'readonly')).status).toBe(200);
});
