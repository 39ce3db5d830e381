import { afterEach, beforeEach, expect, it } from 'vitest';
import { currentUsage } from '../../billing/current-usage.ts';
import { clusterEntries } from '../../billing/ledger-entries.ts';
import { readOpenPeriod } from '../../billing/open-period.ts';
import type { Resource } from '../../store/resource.ts';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';

const TENANT = '/api/v1/tenants/demo';
const HOUR_MS = 3_600_000;
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

const usage = async () => (await server.send({ method: 'GET', path: TENANT })).json.status.currentUsage;
const load = async <K extends 'cluster' | 'tenant'>(kind: K, name: string) =>
  (await server.plane.ports.store.get({ kind, tenant: 'demo', name })) as Resource<K>;

/** Makes a cluster over the API, and ready as the reconciler does. */
async function runCluster(): Promise<void> {
  const body = { name: 'web', resources: { cpu: '4', memory: '16Gi', storage: '100Gi' } };
  await server.send({ method: 'POST', path: `${TENANT}/clusters`, body });
  const cluster = await load('cluster', 'web');
  const at = server.clock.now();
  const observed = { ...cluster.observed, acceptedAt: at, readyAt: at, observedGeneration: 1 };
  const { kind, tenant, name, uid, observation: expectedObservation } = cluster;
  await server.plane.ports.store.commit({
    at,
    writes: [{ verb: 'observe-if', key: { kind, tenant, name }, uid, expectedObservation, observed }],
    ledger: clusterEntries(cluster, { observed }, at),
  });
}

it('is what the bill would be if the period ended now, with every field of the contract', async () => {
  await runCluster();
  await server.clock.advance(HOUR_MS);
  expect(await usage()).toEqual({
    periodStart: '2026-01-01T00:00:00Z',
    periodEnd: '2026-02-01T00:00:00Z',
    updatedAt: '2026-01-01T01:00:00Z',
    currency: 'GBP',
    planChangedInPeriod: false,
    stale: false,
    error: '',
    estimatedSubtotal: '0.30',
    estimatedCreditsApplied: '0.00',
    estimatedTotal: '0.30',
    compute: {
      cpuCoreHours: '4.00',
      memoryGiBHours: '16.00',
      storageGiBHours: '100.00',
      cpuCost: '0.12',
      memoryCost: '0.10',
      storageCost: '0.01',
    },
    observability: {
      currentActiveSeries: 0,
      billableActiveSeriesP95: 0,
      metricsOverageCost: '0.00',
      logIngestBytes: 0,
      logIngestGB: '0.00',
      logOverageCost: '0.00',
    },
  });
});

it('is never answered with 304, because it moves with the time while the tag stays', async () => {
  await runCluster();
  const { headers } = await server.send({ method: 'GET', path: TENANT });
  await server.clock.advance(HOUR_MS);
  const again = await server.send({ method: 'GET', path: TENANT, headers: { 'if-none-match': headers.etag ?? '' } });
  expect([again.status, again.headers.etag]).toEqual([200, headers.etag]);
  expect(again.json.status.currentUsage.compute.cpuCoreHours).toBe('4.00');
});

it('follows a resize from the moment it is accepted, and stops when deletion is', async () => {
  await runCluster();
  await server.clock.advance(HOUR_MS);
  await server.send({ method: 'PATCH', path: `${TENANT}/clusters/web`, body: { resources: { cpu: '1' } } });
  await server.clock.advance(HOUR_MS);
  expect((await usage()).compute).toMatchObject({ cpuCoreHours: '5.00', memoryGiBHours: '32.00' });
  await server.send({ method: 'DELETE', path: `${TENANT}/clusters/web` });
  await server.send({ method: 'DELETE', path: `${TENANT}/clusters/web` });
  await server.clock.advance(100 * HOUR_MS);
  expect((await usage()).compute).toMatchObject({ cpuCoreHours: '5.00', memoryGiBHours: '32.00' });
});

it('is not moved by a change of what costs nothing', async () => {
  await runCluster();
  await server.send({ method: 'PATCH', path: `${TENANT}/clusters/web`, body: { version: '1.34', alerts: { a: 1 } } });
  expect(await server.plane.ports.store.lastLedger('demo')).toMatchObject({ entry: 1 });
});

it('says in the answer to a change of plan that the plan was changed, and prorates the fee', async () => {
  await server.clock.advance(31 * 12 * HOUR_MS);
  const { json } = await server.send({ method: 'PATCH', path: TENANT, body: { plan: 'business' } });
  expect(json.status.currentUsage).toMatchObject({ planChangedInPeriod: true, estimatedTotal: '24.50' });
  await server.clock.advance(31 * 12 * HOUR_MS - 1000);
  expect(await usage()).toMatchObject({ planChangedInPeriod: true, estimatedTotal: '124.00' });
});

it('says that it is stale when the period is over and its invoice is not issued yet', async () => {
  await server.clock.advance(31 * 24 * HOUR_MS + HOUR_MS);
  expect(await usage()).toMatchObject({ updatedAt: '2026-02-01T00:00:00Z', stale: true, error: expect.stringContaining('has ended') });
});

it('says that it is stale when there is more to count than a read may', async () => {
  const fact = { kind: 'credit', amount: '0.01', reason: 'x' } as const;
  const at = server.clock.now();
  const ledger = Array.from({ length: 3 }, (_, index) => ({ tenant: 'demo', at: at + index * HOUR_MS, fact }));
  await server.plane.ports.store.commit({ at, writes: [], ledger });
  const tenant = await load('tenant', 'demo');
  const period = await readOpenPeriod(server.plane.ports.store, tenant, 2);
  const counted = currentUsage(tenant, period, server.plane.ports.plans, at + 10 * HOUR_MS);
  expect(counted).toMatchObject({ updatedAt: '2026-01-01T01:00:00Z', stale: true, error: expect.stringContaining('More happened') });
  const whole = await readOpenPeriod(server.plane.ports.store, tenant, 3);
  expect(whole.isComplete).toBe(true);
});
