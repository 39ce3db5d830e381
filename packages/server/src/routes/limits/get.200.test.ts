import { afterEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';

let server: InProcess;
afterEach(() => server.stop());

const PATH = '/api/v1/tenants/demo/limits';
const CLUSTERS = '/api/v1/tenants/demo/clusters';
const read = () => server.send({ method: 'GET', path: PATH });
const list = () => server.send({ method: 'GET', path: CLUSTERS });

it('shows what is left, and reading it uses up nothing', async () => {
  server = await startInProcess({ OPENKUPE_RATE_LIMIT_PER_SECOND: '5', OPENKUPE_RATE_LIMIT_BURST: '5' });
  await list();
  for (let at = 0; at < 8; at += 1) expect((await read()).json.items[0]).toMatchObject({ name: 'address', quota: 5, remaining: 4 });
  await list();
  expect((await read()).json.items[0]).toMatchObject({ remaining: 3 });
});

it('is no way around the limit for whoever is not let in', async () => {
  server = await startInProcess({ OPENKUPE_RATE_LIMIT_PER_SECOND: '1', OPENKUPE_RATE_LIMIT_BURST: '3' });
  const statuses = [];
  for (let at = 0; at < 4; at += 1) statuses.push((await server.send({ method: 'GET', path: PATH, key: null })).status);
  expect(statuses).toEqual([401, 401, 401, 429]);
});

it('is no way around it for a volley of reads, of which none is refused before all have passed', async () => {
  server = await startInProcess({ OPENKUPE_RATE_LIMIT_PER_SECOND: '1', OPENKUPE_RATE_LIMIT_BURST: '3' });
  const reads = Array.from({ length: 50 }, () => server.send({ method: 'GET', path: PATH, key: null }));
  const statuses = (await Promise.all(reads)).map(({ status }) => status);
  expect([401, 429].map((status) => statuses.filter((got) => got === status).length)).toEqual([3, 47]);
  expect((await list()).status).toBe(429);
});

it('is refused like everything else where nothing is left', async () => {
  server = await startInProcess({ OPENKUPE_RATE_LIMIT_PER_SECOND: '5', OPENKUPE_RATE_LIMIT_BURST: '5' });
  for (let at = 0; at < 100; at += 1) expect((await read()).status).toBe(200);
  for (let at = 0; at < 5; at += 1) await list();
  const refused = await read();
  expect([refused.status, refused.headers['error-code'], refused.headers['retry-after']]).toEqual([429, 'rate-limited-address', '1']);
});

it('shows the limits of the key and the tenant, which reading does not use up either', async () => {
  server = await startInProcess({
    OPENKUPE_KEY_RATE_LIMIT_PER_SECOND: '2',
    OPENKUPE_TENANT_RATE_LIMIT_PER_SECOND: '4',
    OPENKUPE_TENANT_CONCURRENCY: '3',
  });
  await list();
  for (let at = 0; at < 4; at += 1) {
    expect((await read()).json.items).toMatchObject([
      { name: 'address' },
      { name: 'authentication' },
      { name: 'key', quota: 10, remaining: 8 },
      { name: 'tenant', quota: 20, remaining: 18 },
      { name: 'concurrency', quota: 3, remaining: 3 },
    ]);
  }
});
