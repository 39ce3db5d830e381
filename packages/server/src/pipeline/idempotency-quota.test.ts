import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, type Received, startInProcess } from '../testing/in-process.ts';

let server: InProcess;
let key: string;
beforeEach(async () => {
  server = await startInProcess({ OPENKUPE_IDEMPOTENCY_MIB_PER_TENANT: '1' });
  await server.makeTenant('busy');
  key = await server.makeKey('admin', { tenant: 'busy' });
});
afterEach(() => server.stop());

const CLUSTERS = '/api/v1/tenants/busy/clusters';
const withKey = (method: string, path: string, body: unknown, idempotencyKey: string): Promise<Received> =>
  server.send({ method, path, key, body, headers: { 'idempotency-key': idempotencyKey } });
const bytes = () => server.plane.ports.store.idempotencyRecordBytes('busy');
const alerts = (letter: string) => ({ alerts: { note: letter.repeat(20_000) } });

it('a long answer is kept as a reference: the repeat answers what is there, with the tag it has', async () => {
  await withKey('POST', CLUSTERS, { name: 'long', ...alerts('a') }, 'create');
  const before = await bytes();
  const first = await withKey('PATCH', `${CLUSTERS}/long`, alerts('b'), 'patch');
  expect((await bytes()) - before).toBeLessThan(2_000);

  const again = await withKey('PATCH', `${CLUSTERS}/long`, alerts('b'), 'patch');
  expect(again).toMatchObject({ status: 200, text: first.text, headers: { etag: first.headers.etag, 'idempotent-replayed': 'true' } });
  const created = await withKey('POST', CLUSTERS, { name: 'long', ...alerts('a') }, 'create');
  expect(created).toMatchObject({ status: 201, json: { name: 'long' }, headers: { etag: first.headers.etag } });

  const other = await withKey('PATCH', `${CLUSTERS}/long`, alerts('c'), 'patch');
  expect([other.status, other.headers['error-code']]).toEqual([400, 'idempotency-key-reused']);
});

it('a long answer whose resource is gone is 404 and says that the first request was executed', async () => {
  const secrets = '/api/v1/tenants/busy/secrets';
  const path = `${secrets}/gone`;
  await server.send({ method: 'POST', path: secrets, key, body: { name: 'gone', secretPath: 'a/b' } });
  const body = { sync: Array.from({ length: 100 }, (_, n) => ({ cluster: 'long', namespace: `namespace-of-some-length-${n}` })) };
  expect((await withKey('PATCH', path, body, 'patch-secret')).status).toBe(200);
  expect((await server.send({ method: 'DELETE', path, key })).status).toBe(204);
  await server.plane.start();
  await server.clock.advance(60_000);
  const again = await withKey('PATCH', path, body, 'patch-secret');
  expect([again.status, again.headers['error-code'], errorOf(again)]).toEqual([
    404,
    'replayed-target-gone',
    expect.stringContaining('was executed'),
  ]);
  expect(again.headers['retry-advice']).toContain('executed=yes');
});

it('a tenant that fills its quota is 429 with a true Retry-After and nothing changed; others and requests without a key go on', async () => {
  await withKey('POST', CLUSTERS, { name: 'full' }, 'full');
  const patch = (n: number) => withKey('PATCH', `${CLUSTERS}/full`, { alerts: { n, note: 'x'.repeat(3_000) } }, `fill-${n}`);
  let refused: Received | undefined;
  let last = 0;
  for (; !refused && last < 600; last += 1) {
    const received = await patch(last);
    if (received.status !== 200) refused = received;
  }
  expect(refused).toMatchObject({ status: 429, headers: { 'error-code': 'idempotency-quota', 'retry-advice': 'wait; executed=no' } });
  expect(await bytes()).toBeLessThanOrEqual(2 ** 20);
  const shown = await server.send({ method: 'GET', path: `${CLUSTERS}/full`, key });
  expect(shown.json.alerts.n).toBe(last - 2);

  expect((await server.send({ method: 'PATCH', path: `${CLUSTERS}/full`, key, body: { alerts: { n: -1 } } })).status).toBe(200);
  const neighbour = { method: 'POST', path: '/api/v1/tenants/demo/clusters', body: { name: 'next-door' } };
  expect((await server.send({ ...neighbour, headers: { 'idempotency-key': 'k' } })).status).toBe(201);

  await server.clock.advance(Number(refused?.headers['retry-after']) * 1000);
  expect((await patch(last)).status).toBe(200);
  expect(await bytes()).toBeLessThanOrEqual(2 ** 20);
});
