import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../testing/in-process.ts';
import { EVERY_ROUTE, sampleRequest } from '../testing/sample-requests.ts';

/** What the transport of an older Terraform provider counts on, requirement by requirement. */
const TENANT = '/api/v1/tenants/demo';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

it('D1: is found under a host without a path, over plain http on loopback, on any port', async () => {
  const origin = await server.plane.http.listen({ host: '127.0.0.1', port: 0 });
  const response = await fetch(`${origin}/api/v1/plans`, { redirect: 'error' });
  expect([response.status, new URL(origin).hostname]).toEqual([200, '127.0.0.1']);
});

it('D3: answers at once though nothing has happened yet: no request waits for a cluster, while the clock stands still', async () => {
  const before = server.clock.now();
  for (const [method, path, body] of [
    ['POST', `${TENANT}/clusters`, { name: 'slow' }],
    ['PATCH', `${TENANT}/clusters/slow`, { version: '1.32' }],
    ['GET', `${TENANT}/clusters/slow/kubeconfig`, undefined],
    ['DELETE', `${TENANT}/clusters/slow`, undefined],
  ] as const) {
    expect((await server.send({ method, path, ...(body ? { body } : {}) })).status).toBeLessThan(504);
  }
  expect(server.clock.now()).toBe(before);
});

describe.each(EVERY_ROUTE.map((route) => [route.id, route] as const))('%s', (_id, route) => {
  it('D4, D5: a success decodes or is empty with 204, an error says its text in the field `error`', async () => {
    const received = await server.send(sampleRequest(route));
    if (received.status === 204) expect([received.text, received.headers['content-type']]).toEqual(['', undefined]);
    else if (route.success.isStream) expect(received.headers['content-type']).toMatch(/^text\/event-stream/);
    else if (received.status < 300) expect(typeof received.json).toBe('object');
    else expect(errorOf(received)).not.toBe('');
  });

  it('D7: never redirects, not even a path that is almost right', async () => {
    const request = sampleRequest(route);
    for (const path of [request.path, `${request.path}/`, `/${request.path}`, request.path.toUpperCase()]) {
      const { status, headers } = await server.send({ ...request, path });
      expect([status >= 300 && status < 400, headers.location]).toEqual([false, undefined]);
    }
  });
});

it('D6: what is gone answers 404 to a read and to another delete', async () => {
  const made = await server.send({ method: 'POST', path: `${TENANT}/apikeys`, body: { displayName: 'gone', role: 'readonly' } });
  const path = `${TENANT}/apikeys/${made.json.id}`;
  expect((await server.send({ method: 'DELETE', path })).status).toBe(204);
  expect((await server.send({ method: 'DELETE', path })).status).toBe(404);
  expect((await server.send({ method: 'GET', path: `${TENANT}/clusters/never-was` })).status).toBe(404);
  expect((await server.send({ method: 'GET', path: `${TENANT}/secrets/never-was` })).status).toBe(404);
});

it('D31: everything that can be imported is found again under its import id', async () => {
  const send = (method: string, path: string, body?: unknown) => server.send({ method, path: TENANT + path, ...(body ? { body } : {}) });
  await send('POST', '/clusters', { name: 'imported' });
  await send('POST', '/secrets', { name: 'imported', secretPath: 'services/db' });
  await send('POST', '/members', { email: 'dev@example.com', role: 'readonly' });
  const key = await send('POST', '/apikeys', { displayName: 'imported', role: 'readonly' });
  await send('PUT', '/alertmanager/receivers/imported', { name: 'imported', webhook_configs: [{ url: 'https://hooks.example.com/x' }] });
  for (const path of ['/clusters/imported', '/secrets/imported', '/alertmanager/receivers/imported']) {
    expect((await send('GET', path)).json.name).toBe('imported');
  }
  expect((await send('GET', '/members')).json.items).toContainEqual({ email: 'dev@example.com', role: 'readonly' });
  expect((await send('GET', '/apikeys')).json.items.map(({ id }: { id: string }) => id)).toContain(key.json.id);
  expect([(await send('GET', '/alertmanager/routes')).status, (await send('GET', '/alertmanager/global')).status]).toEqual([200, 200]);
});
