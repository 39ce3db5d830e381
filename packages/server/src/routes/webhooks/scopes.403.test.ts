import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';

const TENANT = '/api/v1/tenants/demo';
const URL = 'https://hooks.example.com/kupe';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

const keyWith = async (...scopes: string[]): Promise<string> =>
  (await server.send({ method: 'POST', path: `${TENANT}/apikeys`, body: { displayName: 'ci', role: 'admin', scopes } })).json.key;
const create = (key: string, body: object = {}) =>
  server.send({ method: 'POST', path: `${TENANT}/webhooks`, body: { name: 'hook', url: URL, ...body }, key });
const patch = async (key: string, body: object) => {
  const { status, headers } = await server.send({ method: 'PATCH', path: `${TENANT}/webhooks/hook`, body, key });
  return [status, headers['error-code']];
};

it.each([
  [['cluster.*'], []],
  [undefined, ['events:read']],
  [['*.deleted'], ['events:read']],
  [['cluster.*', 'api-key.created'], ['events:read']],
])('a key makes no webhook for events (%j) that it could not read with %j', async (events, scopes) => {
  const refused = await create(await keyWith('webhooks:create', ...scopes), { events });
  expect([refused.status, refused.headers['error-code']]).toEqual([403, 'more-than-own']);
});

it('a key that could read the events makes one', async () => {
  expect((await create(await keyWith('webhooks:create', 'events:read'), { name: 'one', events: ['cluster.*'] })).status).toBe(201);
  expect((await create(await keyWith('webhooks:create', 'events:read', 'api-keys:read'), { name: 'two' })).status).toBe(201);
});

it('a key turns no webhook to another address, or to other events, that it could not read', async () => {
  expect((await create(server.adminKey)).status).toBe(201);
  const key = await keyWith('webhooks:*', 'events:read');
  for (const body of [{ url: `${URL}2` }, { events: null }]) expect(await patch(key, body)).toEqual([403, 'more-than-own']);
  expect(await patch(key, { enabled: false })).toEqual([200, undefined]);
  expect(await patch(key, { events: ['cluster.*'] })).toEqual([200, undefined]);
  expect(await patch(key, { url: `${URL}2` })).toEqual([200, undefined]);
});
