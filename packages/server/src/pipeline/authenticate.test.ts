import { afterAll, beforeAll, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../testing/in-process.ts';

let server: InProcess;
beforeAll(async () => {
  server = await startInProcess();
});
afterAll(() => server.stop());

it('tells whoever found no place in the line to come back, and not that somebody failed', async () => {
  const { guard } = server.plane.ports;
  // The line of this address and its places, all taken.
  for (let at = 0; at < 110; at += 1) guard.beginAuthentication({ address: '192.0.2.1', credential: `held-${at}` });
  const received = await server.send({ method: 'GET', path: '/api/v1/tenants/demo', address: '192.0.2.1' });
  expect([received.status, received.headers['error-code'], received.headers['retry-after']]).toEqual([503, 'verification-busy', '1']);
  expect(errorOf(received)).toContain('nothing was executed, retry with backoff');
  expect((await server.send({ method: 'GET', path: '/api/v1/tenants/demo', address: '192.0.2.2' })).status).toBe(200);
});
