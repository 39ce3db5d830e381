import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const TENANT = '/api/v1/tenants/demo';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

const add = (email: string, role = 'readonly') => server.send({ method: 'POST', path: `${TENANT}/members`, body: { email, role } });
const remove = (email: string, headers: Record<string, string> = {}, key?: string) =>
  server.send({ method: 'DELETE', path: `${TENANT}/members/${email}`, headers, ...(key ? { key } : {}) });

it.each(['developer%40example.com', 'developer@example.com', 'Developer@EXAMPLE.com'])(
  'removes %s at once; again is 404',
  async (email) => {
    await add('developer@example.com');
    const removed = await remove(email);
    expect([removed.status, removed.text]).toEqual([204, '']);
    expect((await remove(email)).status).toBe(404);
  },
);

it("moves the tenant's ETag and is guarded by it", async () => {
  const { headers } = await server.send({ method: 'GET', path: TENANT });
  await add('guarded@example.com');
  expect((await remove('guarded@example.com', { 'if-match': headers.etag ?? '' })).status).toBe(412);
  const now = await server.send({ method: 'GET', path: TENANT });
  expect((await remove('guarded@example.com', { 'if-match': now.headers.etag ?? '' })).status).toBe(204);
});

it('400: nobody removes themselves, which for an API key is whoever made it', async () => {
  await add('second@example.com', 'admin');
  const refused = await remove('OWNER@demo.example');
  expect([refused.status, errorOf(refused)]).toEqual([400, expect.stringContaining('You cannot remove yourself ("owner@demo.example")')]);
});

it('400: the last admin stays, whoever asks', async () => {
  await add('second@example.com', 'admin');
  const someone = await server.makeKey('admin');
  expect((await remove('second@example.com', {}, someone)).status).toBe(204);
  const refused = await remove('owner@demo.example', {}, someone);
  expect([refused.status, refused.headers['error-code']]).toEqual([400, 'last-admin']);
});
