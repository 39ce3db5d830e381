import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';

const COLLECTION = '/api/v1/tenants/demo/clusters';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

it('is an envelope with a list, empty at first, then ordered by name and like the single reads', async () => {
  const empty = await server.send({ method: 'GET', path: COLLECTION });
  expect([empty.status, empty.text]).toEqual([200, '{"items":[]}']);
  for (const name of ['cc', 'aa', 'bb']) await server.send({ method: 'POST', path: COLLECTION, body: { name } });
  const { json, headers } = await server.send({ method: 'GET', path: COLLECTION });
  expect(json.items.map(({ name }: { name: string }) => name)).toEqual(['aa', 'bb', 'cc']);
  expect(headers.etag).toMatch(/^"[\w-]{22}\.0"$/);
  expect((await server.send({ method: 'GET', path: `${COLLECTION}/bb` })).json).toEqual(json.items[1]);
});

it('shows a tenant its own clusters only', async () => {
  await server.makeTenant('other');
  const key = await server.makeKey('readonly', { tenant: 'other' });
  const { json } = await server.send({ method: 'GET', path: '/api/v1/tenants/other/clusters', key });
  expect(json.items).toEqual([]);
});
