import { afterAll, beforeAll, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { EVERY_ROUTE, samplePath } from '../../testing/sample-requests.ts';

let server: InProcess;
beforeAll(async () => {
  server = await startInProcess();
});
afterAll(() => server.stop());

const PATHS = [...new Map(EVERY_ROUTE.map((route) => [route.path, samplePath(route)]))];

it.each(PATHS)('%s: a method that is in no row is 405 with the ones that are', async (pattern, path) => {
  const existing = EVERY_ROUTE.filter((route) => route.path === pattern).map(({ method }) => method as string);
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].filter((candidate) => !existing.includes(candidate))) {
    const received = await server.send({ method, path });
    expect([method, received.status]).toEqual([method, 405]);
    const allowed = received.headers.allow?.split(', ').filter((name) => name !== 'HEAD');
    expect(allowed?.sort()).toEqual([...existing].sort());
    expect(errorOf(received)).toContain(method);
  }
});

it.each([
  '/',
  '/api',
  '/api/v1',
  '/api/v1/tenants',
  '/api/v1/tenants/demo/',
  '/api/v1/tenants/demo/clusters/',
  '/api/v1/plans/pro/x',
  '//api/v1/plans',
])('%s is nowhere: 404, never a redirect', async (path) => {
  const received = await server.send({ method: 'GET', path });
  expect(received.status).toBe(404);
  errorOf(received);
});

it('answers HEAD like GET, without a body', async () => {
  const received = await server.send({ method: 'HEAD', path: '/api/v1/plans', key: null });
  expect([received.status, received.text]).toEqual([200, '']);
});
