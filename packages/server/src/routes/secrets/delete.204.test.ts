import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { advanceUntil, untilPhase } from '../../testing/life-cycle.ts';
import { putDemoValues, readInCluster, SECRETS, untilSecretIs } from '../../testing/secrets.ts';

const PATH = `${SECRETS}/one`;
const BODY = { name: 'one', secretPath: 'a/b', sync: [{ cluster: 'here', namespace: 'web' }] };
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  await server.plane.start();
  await server.send({ method: 'POST', path: '/api/v1/tenants/demo/clusters', body: { name: 'here' } });
  await untilPhase(server, '/api/v1/tenants/demo/clusters/here', 'Running');
  await putDemoValues(server, 'a/b', { key: 'value' });
});
afterEach(() => server.stop());

const remove = (headers: Record<string, string> = {}) => server.send({ method: 'DELETE', path: PATH, headers });
const create = () => server.send({ method: 'POST', path: SECRETS, body: BODY });

it('removes what it brought, then itself; the name is taken until then, and the secrets backend keeps its values', async () => {
  await create();
  await untilSecretIs(server, 'one', 'Active');
  const taken = await create();
  expect([taken.status, errorOf(taken)]).toEqual([409, expect.stringContaining('secret already exists: "one" is taken')]);
  expect((await remove({ 'if-match': '"1.0"' })).status).toBe(412);

  const first = await remove();
  expect([first.status, first.text]).toEqual([204, '']);
  // All at once, because the removal is real work that goes on meanwhile and is soon over.
  const [seen, again, meanwhile, late] = await Promise.all([
    server.send({ method: 'GET', path: PATH }),
    remove(),
    create(),
    server.send({ method: 'PATCH', path: PATH, body: { sync: [] } }),
  ]);
  expect([seen.json.status.phase, again.status]).toEqual(['Deleting', 204]);
  expect([meanwhile.status, meanwhile.headers['error-code']]).toEqual([409, 'name-terminating']);
  expect([late.status, late.headers['error-code']]).toEqual([409, 'terminating']);

  await advanceUntil(server, PATH, ({ status }) => status === 404);
  expect((await readInCluster(server, { cluster: 'here', namespace: 'web', name: 'one' })).status).toBe(404);
  expect((await remove()).status).toBe(404);
  expect((await server.plane.localValues.read('demo', 'a/b')).outcome).toBe('found');
  expect((await create()).status).toBe(201);
  await untilSecretIs(server, 'one', 'Active');
});

it('does not wait for a cluster that is being deleted with everything in it', async () => {
  await server.send({ method: 'DELETE', path: '/api/v1/tenants/demo/clusters/here' });
  await remove();
  await advanceUntil(server, PATH, ({ status }) => status === 404);
});
