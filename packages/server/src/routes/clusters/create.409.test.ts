import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { advanceUntil, untilPhase } from '../../testing/life-cycle.ts';

const COLLECTION = '/api/v1/tenants/demo/clusters';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  await server.plane.start();
});
afterEach(() => server.stop());

const create = (name: string) => server.send({ method: 'POST', path: COLLECTION, body: { name } });

it('refuses a name that is taken and says how to read what holds it', async () => {
  expect((await create('taken')).status).toBe(201);
  const received = await create('taken');
  expect([received.status, received.headers['retry-advice']]).toEqual([409, 'stop; executed=no']);
  expect(errorOf(received)).toBe('cluster already exists: "taken" is taken; read it with GET /api/v1/tenants/demo/clusters/taken');
});

it('makes one of many that are asked for at once', async () => {
  const statuses = (await Promise.all(Array.from({ length: 10 }, () => create('race')))).map(({ status }) => status);
  expect(statuses.sort()).toEqual([201, ...Array(9).fill(409)]);
});

it('refuses a name while it is being deleted, and grants it afterwards as a new resource', async () => {
  const first = await create('again');
  const path = `${COLLECTION}/again`;
  await untilPhase(server, path, 'Running');
  expect((await server.send({ method: 'DELETE', path })).status).toBe(204);
  const refused = await create('again');
  expect(refused.status).toBe(409);
  expect(errorOf(refused)).toContain('is being deleted');
  await advanceUntil(server, path, ({ status }) => status === 404);
  const second = await create('again');
  expect(second.status).toBe(201);
  const stale = await server.send({ method: 'PATCH', path, body: { version: '1.32' }, headers: { 'if-match': first.headers.etag ?? '' } });
  expect(stale.status).toBe(412);
});

it('refuses new clusters in a tenant that is being deleted', async () => {
  const { store, clock } = server.plane.ports;
  const tenant = await store.get({ kind: 'tenant', tenant: 'demo', name: 'demo' });
  const key = { kind: 'tenant', tenant: 'demo', name: 'demo' } as const;
  await store.commit({ at: clock.now(), writes: [{ verb: 'mark-deleted-if', key, expectedVersion: tenant?.resourceVersion ?? '' }] });
  const received = await create('late');
  expect(received.status).toBe(409);
  expect(errorOf(received)).toContain('is being deleted; cannot create new ManagedClusters');
});
