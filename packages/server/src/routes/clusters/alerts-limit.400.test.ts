import { LIMITS } from '@openkupe/contract';
import { expect, it, onTestFinished } from 'vitest';
import { errorOf, startInProcess } from '../../testing/in-process.ts';

const COLLECTION = '/api/v1/tenants/demo/clusters';

it('refuses alert settings with which those of all clusters of the tenant are too large for a list', async () => {
  const server = await startInProcess();
  onTestFinished(() => server.stop());
  const { store, clock } = server.plane.ports;
  expect((await server.send({ method: 'POST', path: COLLECTION, body: { name: 'made', resources: { cpu: '1' } } })).status).toBe(201);
  const made = await store.get({ kind: 'cluster', tenant: 'demo', name: 'made' });
  if (!made) throw new Error('no such cluster');
  const alerts = { text: 'x'.repeat(LIMITS.alertsBytes - 100) };
  const count = Math.floor(LIMITS.alertsBytesPerTenant / LIMITS.alertsBytes);
  const writes = Array.from({ length: count }, (_, at) => ({
    verb: 'create' as const,
    key: { kind: 'cluster' as const, tenant: 'demo', name: `full-${at}` },
    uid: `uid-${at}`,
    spec: { ...made.spec, alerts, resources: { cpu: '0', memory: '0', storage: '0' } },
    observed: made.observed,
  }));
  expect((await store.commit({ at: clock.now(), writes })).outcome).toBe('written');
  const beside = (write: (typeof writes)[number]) => ({ ...write, key: { ...write.key, name: `${write.key.name}-beside` } });
  const patch = (size: number) =>
    server.send({ method: 'PATCH', path: `${COLLECTION}/made`, body: { alerts: { text: 'x'.repeat(size) } } });
  const refused = await patch(10_000);
  expect([refused.status, refused.headers['error-code'], errorOf(refused)]).toEqual([
    400,
    'alerts-limit',
    expect.stringMatching(
      /^The alerts of all clusters of a tenant can have at most 2097152 bytes of JSON together, not \d+; shorten some first$/,
    ),
  ]);
  expect((await patch(10)).status).toBe(200);
  // Alerts that are as long or shorter take nothing more, also where writers of different clusters went beyond the limit together.
  expect((await store.commit({ at: clock.now(), writes: writes.slice(0, 2).map(beside) })).outcome).toBe('written');
  expect((await patch(9)).status).toBe(200);
  expect((await patch(20)).status).toBe(400);
});
