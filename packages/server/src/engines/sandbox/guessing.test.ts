import { afterEach, beforeEach, expect, it } from 'vitest';
import { mintApiKey } from '../../auth/api-key.ts';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';
import { untilPhase } from '../../testing/life-cycle.ts';
import { readInCluster } from '../../testing/secrets.ts';

const PLACE = { cluster: 'one', namespace: 'default', name: 'absent' };
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  await server.plane.start();
  await server.send({ method: 'POST', path: '/api/v1/tenants/demo/clusters', body: { name: 'one' } });
  await untilPhase(server, '/api/v1/tenants/demo/clusters/one', 'Running');
});
afterEach(() => server.stop());

const guess = () => readInCluster(server, PLACE, mintApiKey(server.random).text);

it('guessing at the endpoint of a cluster is no way around the backoff: 429, and the API knows of it', async () => {
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 30; attempt += 1) statuses.push((await guess()).status);
  expect(statuses).toEqual([...Array(6).fill(401), ...Array(24).fill(429)]);
  const refused = JSON.parse((await guess()).body);
  expect(refused).toMatchObject({ kind: 'Status', code: 429, reason: 'TooManyRequests', details: { retryAfterSeconds: 2 } });
  const path = '/api/v1/tenants/demo';
  expect((await server.send({ method: 'GET', path, key: mintApiKey(server.random).text })).headers['error-code']).toBe(
    'rate-limited-authentication',
  );
});

it('a volley of guesses is not verified side by side, and the key that worked from there goes on working', async () => {
  expect((await readInCluster(server, PLACE)).status).toBe(404);
  await server.clock.advance(60 * 60 * 1000);
  const statuses = (await Promise.all(Array.from({ length: 40 }, guess))).map(({ status }) => status);
  expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(6);
  expect(new Set(statuses)).toEqual(new Set([401, 429]));
  expect((await readInCluster(server, PLACE)).status).toBe(404);
});
