import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from './testing/in-process.ts';

const DAY_MS = 86_400_000;
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess({ OPENKUPE_AUDIT_RETENTION_DAYS: '2' });
  await server.plane.start();
});
afterEach(() => server.stop());

const actions = async () => (await server.plane.ports.store.audit('demo', 5_000)).map(({ action }) => action);
const makeCluster = (name: string) => server.send({ method: 'POST', path: '/api/v1/tenants/demo/clusters', body: { name } });

it('audit rows go when their retention is over, however many there are, and younger ones stay', async () => {
  const { store, clock } = server.plane.ports;
  const audit = { tenant: 'demo', actor: 'a', action: 'old', target: 't', requestId: 'r' };
  await Promise.all(Array.from({ length: 2_500 }, () => store.commit({ at: clock.now(), writes: [], audit })));
  await server.clock.advance(DAY_MS);
  expect((await makeCluster('young')).status).toBe(201);
  expect((await actions()).filter((action) => action === 'old')).toHaveLength(2_500);
  await server.clock.advance(DAY_MS + 61_000);
  expect(await actions()).toEqual(['clusters.create']);
});
