import { LIMITS } from '@openkupe/contract';
import { afterEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const COLLECTION = '/api/v1/tenants/demo/webhooks';
let server: InProcess;
afterEach(() => server.stop());

const create = (body: object) =>
  server.send({ method: 'POST', path: COLLECTION, body: { name: 'hook', url: 'https://hooks.example.com', ...body } });

it.each([
  ['http', 'http://hooks.example.com', 'must be an https address'],
  ['no address', 'hooks.example.com', 'must be an https address'],
  ['a credential', 'https://user:hunter2@hooks.example.com', 'must not hold a user name or password'],
  ['a fragment', 'https://hooks.example.com/#x', 'must not have a fragment'],
  ['the port of another service', 'https://hooks.example.com:25', 'must have the port 443'],
  ['loopback', 'https://127.0.0.1', 'leads to an internal address'],
  ['loopback as a number', 'https://2130706433', 'leads to an internal address'],
  ['loopback in IPv6', 'https://[::ffff:127.0.0.1]', 'leads to an internal address'],
  ['a private network', 'https://192.168.1.1:8443', 'leads to an internal address'],
  ['the metadata of a cloud', 'https://169.254.169.254', 'leads to an internal address'],
  ['a name of this machine', 'https://localhost', 'leads to an internal address'],
  ['a name in a cluster', 'https://kubernetes.default.svc', 'leads to an internal address'],
])('%s is refused on create and update, and not repeated', async (_what, url, message) => {
  server = await startInProcess();
  const refused = await create({ url });
  expect([refused.status, errorOf(refused)]).toEqual([400, expect.stringContaining(message)]);
  expect(refused.text).not.toContain('hunter2');
  expect((await create({})).status).toBe(201);
  expect((await server.send({ method: 'PATCH', path: `${COLLECTION}/hook`, body: { url } })).status).toBe(400);
});

it('http and internal addresses are accepted where the operator allows them', async () => {
  server = await startInProcess({ OPENKUPE_INTERNAL_WEBHOOKS: 'on' });
  expect((await create({ url: 'http://10.0.0.1:25/x' })).status).toBe(201);
});

it.each([[[]], [['cluster']], [['cluster.gone']], [['pets.*']], [Array.from({ length: 33 }, () => '*.*')]])(
  'events %j are refused',
  async (events) => {
    server = await startInProcess();
    const refused = await create({ events });
    expect([refused.status, errorOf(refused)]).toEqual([400, expect.stringContaining('events')]);
  },
);

it('a tenant has a bounded number of them, also where many are created at once', async () => {
  server = await startInProcess();
  const created = await Promise.all(Array.from({ length: LIMITS.webhooksPerTenant + 3 }, (_, at) => create({ name: `hook-${at}` })));
  const statuses = created.map(({ status }) => status);
  expect(statuses.filter((status) => status === 201)).toHaveLength(LIMITS.webhooksPerTenant);
  expect(created.find(({ status }) => status === 400)?.headers['error-code']).toBe('webhook-limit');
});
