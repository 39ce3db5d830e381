import { queryParametersOf } from '@openkupe/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { EVERY_ROUTE, sampleRequest, TENANT_ROUTES } from '../../testing/sample-requests.ts';

let server: InProcess;
beforeAll(async () => {
  server = await startInProcess();
});
afterAll(() => server.stop());

const revision = async () => (await server.plane.ports.store.events(0, 10_000)).length;

describe.each(EVERY_ROUTE.map((route) => [route.id, route] as const))('%s', (_id, route) => {
  const request = sampleRequest(route);

  it.each([
    ['?dryRun=All', '"dryRun"'],
    ['?validateonly=true', '"validateonly"'],
    ['?%64ryRun=All', '"dryRun"'],
    ['?dryRun', '"dryRun"'],
    ['?=x', '""'],
    ['?a=1&dryRun=All', '"a"'],
    ['?__proto__=1', '"__proto__"'],
    [`?${'x'.repeat(2_000)}`, `"${'x'.repeat(60)}…"`],
  ])('refuses %s with 400, names the parameter and does nothing', async (query, name) => {
    const before = await revision();
    const received = await server.send({ ...request, path: `${request.path}${query}` });
    expect([received.status, received.headers['error-code']]).toEqual([400, 'unknown-query-parameter']);
    const known = Object.keys(queryParametersOf(route)).join(', ') || 'none';
    expect(errorOf(received)).toBe(`The request is not valid: unknown query parameter ${name}; this path takes ${known}`);
    expect(await revision()).toBe(before);
  });

  it('takes an empty query for none', async () => {
    const received = await server.send({ ...request, path: `${request.path}?` });
    expect(received.headers['error-code']).not.toBe('unknown-query-parameter');
  });
});

it.each(TENANT_ROUTES.map((route) => [route.id, route] as const))('%s tells strangers nothing about its query', async (_id, route) => {
  const request = sampleRequest(route);
  const received = await server.send({ ...request, path: `${request.path}?dryRun=All`, key: null });
  expect(received.status).toBe(401);
});

it.each(['/healthz', '/readyz', '/openapi.json', '/docs'])('%s names an unknown parameter too', async (path) => {
  const received = await server.send({ method: 'GET', path: `${path}?dryRun=All`, key: null });
  expect([received.status, errorOf(received)]).toEqual([400, expect.stringContaining('unknown query parameter "dryRun"')]);
});

it('/readyz knows "verbose", once', async () => {
  expect((await server.send({ method: 'GET', path: '/readyz?verbose', key: null })).status).toBe(200);
  const twice = await server.send({ method: 'GET', path: '/readyz?verbose&verbose', key: null });
  expect([twice.status, errorOf(twice)]).toEqual([400, 'The request is not valid: query parameter "verbose" is there twice; send it once']);
});
