import { counted } from '@openkupe/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { EVERY_ROUTE, sampleRequest, WRITES } from '../../testing/sample-requests.ts';

let server: InProcess;
const BURST = 5;

beforeAll(async () => {
  server = await startInProcess({ OPENKUPE_RATE_LIMIT_PER_SECOND: '5', OPENKUPE_RATE_LIMIT_BURST: String(BURST) });
});
afterAll(() => server.stop());

let caller = 0;
async function exhausted(): Promise<string> {
  caller += 1;
  const address = `10.9.0.${caller}`;
  for (let request = 0; request < BURST; request += 1) await server.send({ method: 'GET', path: '/api/v1/plans', key: null, address });
  return address;
}

describe.each(EVERY_ROUTE.map((route) => [route.id, route] as const))('%s', (_id, route) => {
  it('is limited per address: 429 with a whole Retry-After that is true', async () => {
    const address = await exhausted();
    const refused = await server.send({ ...sampleRequest(route), address });
    expect(refused.status).toBe(429);
    const seconds = refused.headers['retry-after'] ?? '';
    expect(seconds).toMatch(/^[1-9]\d*$/);
    expect(errorOf(refused)).toContain(`wait ${counted(Number(seconds), 'second')} before`);
    // A list, and a create without a key, may be asked for by others at the same time.
    const isCommon = route.id.endsWith('.list') || route.method === 'POST';
    expect(refused.headers['retry-advice']).toBe(isCommon ? 'wait; executed=no' : 'wait; executed=no; slot=reserved');
    await server.clock.advance(Number(seconds) * 1000);
    expect((await server.send({ ...sampleRequest(route), address })).status).not.toBe(429);
  });
});

it.each(WRITES.map((route) => [route.id, route] as const))('%s: a 429 means that nothing was executed', async (_id, route) => {
  const address = await exhausted();
  const before = await server.plane.ports.store.events(0, 10_000);
  expect((await server.send({ ...sampleRequest(route), address })).status).toBe(429);
  expect(await server.plane.ports.store.events(0, 10_000)).toEqual(before);
});

it('limits unknown paths too, and answers another address at the same time', async () => {
  const address = await exhausted();
  expect((await server.send({ method: 'GET', path: '/nowhere', address })).status).toBe(429);
  expect((await server.send({ method: 'GET', path: '/nowhere', address: '10.9.1.1' })).status).toBe(404);
});

it('never limits the health checks', async () => {
  const address = await exhausted();
  expect((await server.send({ method: 'GET', path: '/healthz', key: null, address })).status).toBe(200);
  expect((await server.send({ method: 'GET', path: '/readyz', key: null, address })).status).toBe(200);
});
