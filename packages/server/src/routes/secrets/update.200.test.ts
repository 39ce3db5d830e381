import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { untilPhase } from '../../testing/life-cycle.ts';
import { putDemoValues, readInCluster, SECRETS, untilSecretIs } from '../../testing/secrets.ts';

const PATH = `${SECRETS}/one`;
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  await server.plane.start();
  await server.send({ method: 'POST', path: '/api/v1/tenants/demo/clusters', body: { name: 'here' } });
  await untilPhase(server, '/api/v1/tenants/demo/clusters/here', 'Running');
  await putDemoValues(server, 'a/b', { key: 'value' });
  await server.send({ method: 'POST', path: SECRETS, body: { name: 'one', secretPath: 'a/b' } });
});
afterEach(() => server.stop());

const patch = (body: unknown, headers: Record<string, string> = {}) => server.send({ method: 'PATCH', path: PATH, body, headers });
const statusIn = async (namespace: string, name = 'one') => (await readInCluster(server, { cluster: 'here', namespace, name })).status;

it('replaces the whole list: what leaves it leaves the cluster, what comes gets there', async () => {
  const added = await patch({ sync: [{ cluster: 'here', namespace: 'web' }] });
  expect([added.status, added.json.status.phase]).toEqual([200, 'Pending']);
  await untilSecretIs(server, 'one', 'Active');
  expect(await statusIn('web')).toBe(200);

  await patch({ sync: [{ cluster: 'here', namespace: 'jobs', secretName: 'renamed' }] });
  await untilSecretIs(server, 'one', 'Active');
  expect([await statusIn('web'), await statusIn('jobs', 'renamed')]).toEqual([404, 200]);
});

it.each([
  ['null', null, undefined],
  ['an empty list', [], []],
])('D16 D17 F-9: %s clears, and the answer remembers which it was', async (_what, sync, expected) => {
  await patch({ sync: [{ cluster: 'here', namespace: 'web' }] });
  await untilSecretIs(server, 'one', 'Active');
  const cleared = await patch({ sync });
  expect([cleared.status, cleared.json.sync]).toEqual([200, expected]);
  const { json } = await untilSecretIs(server, 'one', 'Active');
  expect([json.sync, json.status.syncStatuses]).toEqual([expected, []]);
  expect(await statusIn('web')).toBe(404);
});

it('changes nothing when nothing changes', async () => {
  const sync = [{ cluster: 'here', namespace: 'web' }];
  const first = await patch({ sync });
  const second = await patch({ sync });
  expect(second.json.resourceVersion).toBe(first.json.resourceVersion);
});

it.each([
  [{}, 'sync is required'],
  [{ secretPath: 'x', sync: [] }, 'unknown field "secretPath"'],
  [{ name: 'x', sync: [] }, 'unknown field "name"'],
  [{ sync: 'x' }, 'sync'],
])('refuses %j with 400', async (body, message) => {
  const received = await patch(body);
  expect([received.status, errorOf(received)]).toEqual([400, expect.stringContaining(message)]);
});

it('412 after somebody else wrote, with the current tag and nothing changed; never because of a status write', async () => {
  const old = (await server.send({ method: 'GET', path: PATH })).headers.etag ?? '';
  await untilSecretIs(server, 'one', 'Active');
  expect((await patch({ sync: [{ cluster: 'here', namespace: 'a1' }] }, { 'if-match': old })).status).toBe(200);
  const refused = await patch({ sync: [] }, { 'if-match': old });
  expect([refused.status, errorOf(refused)]).toEqual([
    412,
    'Secret "one" changed after it was read, so nothing was written; read it again, re-apply the change and retry',
  ]);
  expect((await server.send({ method: 'GET', path: PATH })).json.sync).toHaveLength(1);
  expect((await patch({ sync: [] }, { 'if-match': refused.headers.etag ?? '' })).status).toBe(200);
});
