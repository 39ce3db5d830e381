import { afterEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../testing/in-process.ts';

let server: InProcess;
afterEach(() => server.stop());

const CLUSTERS = '/api/v1/tenants/demo/clusters';
const list = (key = server.adminKey) => server.send({ method: 'GET', path: CLUSTERS, key });
const KEY = { OPENKUPE_KEY_RATE_LIMIT_PER_SECOND: '1', OPENKUPE_KEY_RATE_LIMIT_BURST: '4' };
const TENANT = { OPENKUPE_TENANT_RATE_LIMIT_PER_SECOND: '1', OPENKUPE_TENANT_RATE_LIMIT_BURST: '4' };

it('limits a key, with a Retry-After that is true, and not its neighbour', async () => {
  server = await startInProcess(KEY);
  const other = await server.makeKey('readonly');
  expect([(await list()).status, (await list()).status]).toEqual([200, 200]);
  const refused = await list();
  expect([refused.status, refused.headers['error-code'], refused.headers.ratelimit]).toEqual([
    429,
    'rate-limited-key',
    expect.stringContaining('"key"'),
  ]);
  expect(errorOf(refused)).toContain('requests with this key');
  expect((await list(other)).status).toBe(200);
  await server.clock.advance(Number(refused.headers['retry-after']) * 1000);
  expect((await list()).status).toBe(200);
});

it('limits a tenant across its keys', async () => {
  server = await startInProcess(TENANT);
  const other = await server.makeKey('readonly');
  expect([(await list()).status, (await list(other)).status]).toEqual([200, 200]);
  const refused = await list(other);
  expect([refused.status, refused.headers['error-code']]).toEqual([429, 'rate-limited-tenant']);
});

it('caps what runs at the same time, and gives places back', async () => {
  server = await startInProcess({ OPENKUPE_TENANT_CONCURRENCY: '2' });
  const statuses = (await Promise.all([list(), list(), list(), list()])).map(({ status }) => status).sort();
  expect(statuses).toEqual([200, 200, 429, 429]);
  expect((await list()).status).toBe(200);
});

it.each([
  ['key', KEY],
  ['tenant', TENANT],
  ['concurrency', { OPENKUPE_TENANT_CONCURRENCY: '1' }],
  ['address', { OPENKUPE_RATE_LIMIT_PER_SECOND: '1', OPENKUPE_RATE_LIMIT_BURST: '2' }],
] as const)('only watches %s when it is in the shadow list', async (name, limits) => {
  server = await startInProcess({ ...limits, OPENKUPE_SHADOW_LIMITS: name });
  expect((await Promise.all([list(), list(), list(), list()])).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
});
