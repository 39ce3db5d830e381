import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';
import { advanceUntil, untilPhase } from '../../testing/life-cycle.ts';
import { putDemoValues, readInCluster, SECRETS, untilSecretIs } from '../../testing/secrets.ts';
import { createHandlers } from '../index.ts';

let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  await server.plane.start();
});
afterEach(() => server.stop());

const create = (body: object) => server.send({ method: 'POST', path: SECRETS, body });
const read = (name: string) => server.send({ method: 'GET', path: `${SECRETS}/${name}` });

const LATER = { cluster: 'later', namespace: 'default', secretName: 'database' };
const PLACE = { cluster: 'later', namespace: 'default', name: 'database' };
const password = (value: string) => putDemoValues(server, 'services/database', { username: 'app', password: value });
async function runCluster(): Promise<void> {
  await server.send({ method: 'POST', path: '/api/v1/tenants/demo/clusters', body: { name: 'later' } });
  await untilPhase(server, '/api/v1/tenants/demo/clusters/later', 'Running');
}
/** A running cluster "later" with the Secret "database" of the definition "early". */
async function bringSecret(): Promise<void> {
  await password('battery staple');
  await runCluster();
  await create({ name: 'early', secretPath: 'services/database', sync: [LATER] });
  await untilSecretIs(server, 'early', 'Active');
}

it('answers the definition as it was sent, Pending, with the ETag that the next PATCH needs', async () => {
  const created = await create({ name: 'first', secretPath: 'production/db-password' });
  expect([created.status, created.json.name, created.json.secretPath]).toEqual([201, 'first', 'production/db-password']);
  expect(created.json.status).toMatchObject({ phase: 'Pending', syncStatuses: [] });
  expect(created.headers.etag).toBe(`"${created.json.resourceVersion}.0"`);
  const patched = await server.send({
    method: 'PATCH',
    path: `${SECRETS}/first`,
    body: { sync: [] },
    headers: { 'if-match': created.headers.etag ?? '' },
  });
  expect(patched.status).toBe(200);
});

it('F-8: a secret without targets becomes Active, never Synced', async () => {
  await create({ name: 'no-targets', secretPath: 'a/b' });
  const { json } = await untilSecretIs(server, 'no-targets', 'Active');
  expect(json.status.conditions).toMatchObject([{ type: 'Ready', status: 'True', reason: 'Active' }]);
});

it.each([
  ['left out', {}, undefined],
  ['null', { sync: null }, undefined],
  ['an empty list', { sync: [] }, []],
])('D16 D17 F-9: with sync %s the answer remembers which of them it was', async (what, body, expected) => {
  const name = `sync-${what.replaceAll(' ', '-')}`;
  const created = await create({ name, secretPath: 'a/b', ...body });
  expect(created.json.sync).toEqual(expected);
  expect('sync' in created.json).toBe(expected !== undefined);
  expect((await read(name)).json.sync).toEqual(expected);
});

it('D18 D19: keeps targets in order, adds no secretName, and echoes the path byte for byte', async () => {
  const sync = [
    { cluster: 'zeta', namespace: 'web' },
    { cluster: 'alpha', namespace: 'default', secretName: 'db.credentials' },
    { cluster: 'mid', namespace: 'web' },
  ];
  const created = await create({ name: 'ordered', secretPath: 'Services/DB_1/cred.v2-x', sync });
  expect(created.text).toContain(`"sync":${JSON.stringify(sync)}`);
  expect((await read('ordered')).json).toMatchObject({ sync, secretPath: 'Services/DB_1/cred.v2-x' });
});

it('a target that names an unknown cluster is accepted, stays Pending, and comes true when the cluster does', async () => {
  await password('correct horse');
  expect((await create({ name: 'early', secretPath: 'services/database', sync: [LATER] })).status).toBe(201);
  await server.clock.advance(60_000);
  await vi.waitFor(async () => {
    const waiting = (await read('early')).json.status;
    expect([waiting.phase, waiting.syncStatuses[0]?.message]).toEqual(['Pending', 'There is no cluster "later" in this tenant']);
  });

  await runCluster();
  const { json } = await untilSecretIs(server, 'early', 'Active');
  expect(json.status.syncStatuses).toMatchObject([{ ...LATER, phase: 'Synced', version: '1' }]);
  const inCluster = await readInCluster(server, PLACE);
  expect([inCluster.status, inCluster.values]).toEqual([200, { username: 'app', password: 'correct horse' }]);

  await password('battery staple');
  const path = '/api/v1/tenants/demo/secrets/early';
  await advanceUntil(server, path, (received) => received.json.status.syncStatuses[0].version === '2', 600_000);
  expect((await readInCluster(server, PLACE)).values.password).toBe('battery staple');
});

it('shows a value to an admin of the tenant alone, at the endpoint of the cluster, and through the API to nobody', async () => {
  await bringSecret();
  await server.makeTenant('other');
  const statusOf = async (token: string) => {
    const { status, body } = await readInCluster(server, PLACE, token);
    return [status, JSON.parse(body).kind, JSON.parse(body).reason];
  };
  expect(await statusOf(await server.makeKey('admin'))).toEqual([200, 'Secret', undefined]);
  expect(await statusOf(await server.makeKey('readonly'))).toEqual([403, 'Status', 'Forbidden']);
  expect(await statusOf(await server.makeKey('admin', { tenant: 'other' }))).toEqual([403, 'Status', 'Forbidden']);
  expect(await statusOf('kupe_garbage')).toEqual([401, 'Status', 'Unauthorized']);
  expect(await statusOf('')).toEqual([401, 'Status', 'Unauthorized']);
  expect((await readInCluster(server, { ...PLACE, name: 'absent' })).status).toBe(404);
  for (const path of [SECRETS, `${SECRETS}/early`]) {
    expect((await server.send({ method: 'GET', path })).text).not.toContain('battery staple');
  }
});

it('is Degraded, with the reason, while the secrets backend has nothing at the path, and Active once it has', async () => {
  await runCluster();
  await create({ name: 'empty', secretPath: 'not/yet', sync: [{ cluster: 'later', namespace: 'web' }] });
  const degraded = (await untilSecretIs(server, 'empty', 'Degraded')).json.status;
  expect(degraded.syncStatuses).toMatchObject([{ phase: 'Failed', message: 'There are no values at the path "not/yet"' }]);
  expect(degraded.conditions[0].message).toBe('There are no values at the path "not/yet"');
  await putDemoValues(server, 'not/yet', { key: 'now' });
  await untilSecretIs(server, 'empty', 'Active');
});

it('never takes over a Secret that belongs to another definition', async () => {
  await bringSecret();
  await putDemoValues(server, 'not/yet', { key: 'now' });
  await create({ name: 'rival', secretPath: 'not/yet', sync: [LATER] });
  const { json } = await untilSecretIs(server, 'rival', 'Degraded');
  expect(json.status.syncStatuses[0].message).toContain('belongs to somebody else');
  const { values } = await readInCluster(server, PLACE);
  expect(values.username).toBe('app');
  await server.send({ method: 'DELETE', path: `${SECRETS}/rival` });
  await server.clock.advance(5_000);
  expect((await readInCluster(server, PLACE)).status).toBe(200);
});

it('makes all of fifty that are created at once, although each commit lets one of them win', async () => {
  const { store } = server.plane.ports;
  const slow = new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name !== 'commit') return typeof value === 'function' ? value.bind(target) : value;
      // All that have loaded are committed together, as by a disk that takes its time.
      return async (change: Parameters<typeof store.commit>[0]) => {
        await new Promise(setImmediate);
        return target.commit(change);
      };
    },
  });
  const handlers = createHandlers({ ...server.plane.ports, store: slow });
  const creates = Array.from({ length: 50 }, (_, at) =>
    server.sendWith(
      { store: slow, handlers },
      { method: 'POST', path: SECRETS, body: { name: `many-${at}`, secretPath: 'services/database' } },
    ),
  );
  expect((await Promise.all(creates)).map(({ status }) => status)).toEqual(creates.map(() => 201));
});
