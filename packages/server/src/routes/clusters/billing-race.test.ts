import { afterEach, beforeEach, expect, it } from 'vitest';
import { clusterEntries } from '../../billing/ledger-entries.ts';
import type { Resource } from '../../store/resource.ts';
import type { Store } from '../../store/store.ts';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';

const COLLECTION = '/api/v1/tenants/demo/clusters';
const PATH = `${COLLECTION}/web`;
const KEY = { kind: 'cluster', tenant: 'demo', name: 'web' } as const;
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  await server.send({ method: 'POST', path: COLLECTION, body: { name: 'web', resources: { cpu: '4' } } });
});
afterEach(() => server.stop());

/** The cluster becomes ready, as the reconciler records it, between what the request read and what it commits. */
function readyMeanwhile(): Store {
  const { store, clock } = server.plane.ports;
  let isReady = false;
  return {
    ...store,
    async commit(change) {
      if (!isReady) {
        isReady = true;
        const cluster = (await store.get(KEY)) as Resource<'cluster'>;
        const at = clock.now();
        const observed = { ...cluster.observed, acceptedAt: at, readyAt: at };
        const { uid, observation: expectedObservation } = cluster;
        await store.commit({
          at,
          writes: [{ verb: 'observe-if', key: KEY, uid, expectedObservation, observed }],
          ledger: clusterEntries(cluster, { observed }, at),
        });
      }
      return store.commit(change);
    },
  };
}
const billed = async () => {
  const rows = await server.plane.ports.store.ledger('demo', 0, 10);
  return rows.map(({ fact }) => (fact.kind === 'cluster' ? (fact.billed?.cpu ?? 'ended') : fact.kind));
};

it('a deletion that meets readiness still ends what is billed', async () => {
  expect((await server.sendWith({ store: readyMeanwhile() }, { method: 'DELETE', path: PATH })).status).toBe(204);
  expect(await billed()).toEqual(['4', 'ended']);
});

it('a resize that meets readiness is billed with the new size', async () => {
  const request = { method: 'PATCH', path: PATH, body: { resources: { cpu: '1' } } };
  expect((await server.sendWith({ store: readyMeanwhile() }, request)).status).toBe(200);
  expect(await billed()).toEqual(['4', '1']);
});
