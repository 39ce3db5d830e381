import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';
import { untilPhase } from '../../testing/life-cycle.ts';

const PATH = '/api/v1/tenants/demo/clusters/one';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  await server.plane.start();
  await server.send({ method: 'POST', path: '/api/v1/tenants/demo/clusters', body: { name: 'one' } });
});
afterEach(() => server.stop());

it('is 304 while nothing moved, and 200 as soon as only the status did', async () => {
  const running = await untilPhase(server, PATH, 'Running');
  const again = (tag = '') => server.send({ method: 'GET', path: PATH, headers: { 'if-none-match': tag } });
  const unchanged = await again(running.headers.etag);
  expect([unchanged.status, unchanged.text, unchanged.headers.etag]).toEqual([304, '', running.headers.etag]);
  await server.send({ method: 'PATCH', path: PATH, body: { alerts: { a: 1 } } });
  const changed = await again(running.headers.etag);
  expect(changed.status).toBe(200);
  await untilPhase(server, PATH, 'Running');
  expect((await again(changed.headers.etag)).status).toBe(200);
});
