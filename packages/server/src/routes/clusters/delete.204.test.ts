import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { advanceUntil, untilPhase } from '../../testing/life-cycle.ts';

const COLLECTION = '/api/v1/tenants/demo/clusters';
const PATH = `${COLLECTION}/one`;
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  await server.plane.start();
  await server.send({ method: 'POST', path: COLLECTION, body: { name: 'one', resources: { cpu: '2' } } });
  await untilPhase(server, PATH, 'Running');
});
afterEach(() => server.stop());

const remove = (headers: Record<string, string> = {}) => server.send({ method: 'DELETE', path: PATH, headers });

it('refuses a stale If-Match with 412, and then takes it from Running through Terminating to 404', async () => {
  expect((await remove({ 'if-match': '"1.0"' })).status).toBe(412);

  const first = await remove();
  expect([first.status, first.text]).toEqual([204, '']);
  expect((await server.send({ method: 'GET', path: PATH })).json.status.phase).toBe('Terminating');
  expect((await server.send({ method: 'GET', path: COLLECTION })).json.items).toHaveLength(1);

  expect((await remove()).status).toBe(204);
  expect((await remove({ 'if-match': '"1.0"' })).status).toBe(204);
  const late = await server.send({ method: 'PATCH', path: PATH, body: { alerts: {} } });
  expect([late.status, late.headers['error-code']]).toEqual([409, 'terminating']);

  await advanceUntil(server, PATH, ({ status }) => status === 404);
  const gone = await remove();
  expect([gone.status, errorOf(gone)]).toEqual([
    404,
    'Cluster "one" not found in tenant "demo"; check the name, or wait if it was created just now',
  ]);
  const { json } = await server.send({ method: 'GET', path: '/api/v1/tenants/demo' });
  expect(json.status).toMatchObject({ clusterCount: 0, allocatedResources: { cpu: '0' } });
});
