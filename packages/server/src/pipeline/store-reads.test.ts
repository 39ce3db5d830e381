import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Store } from '../store/store.ts';
import { type InProcess, type Sent, startInProcess } from '../testing/in-process.ts';

const CLUSTERS = '/api/v1/tenants/demo/clusters';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  for (const name of ['one', 'two']) await server.send({ method: 'POST', path: CLUSTERS, body: { name, version: '1.32' } });
});
afterEach(() => server.stop());

/** What a request reads of the store besides the key that it shows. */
async function readsOf(request: Sent): Promise<string[]> {
  const reads: string[] = [];
  const real = server.plane.ports.store;
  const store: Store = {
    ...real,
    get(key) {
      reads.push(`get ${key.kind}`);
      return real.get(key);
    },
    listReadable(kind, tenant) {
      reads.push(`list ${kind}`);
      return real.listReadable(kind, tenant);
    },
    alertBytes(tenant) {
      reads.push('sum alerts');
      return real.alertBytes(tenant);
    },
  };
  expect((await server.sendWith({ store }, request)).status).toBe(200);
  return reads;
}

it('a GET reads the tenant and the resource, once each', async () => {
  expect(await readsOf({ method: 'GET', path: `${CLUSTERS}/one` })).toEqual(['get tenant', 'get cluster']);
  expect(await readsOf({ method: 'GET', path: '/api/v1/tenants/demo/members' })).toEqual(['get tenant']);
});

it('a PATCH reads the offer and the other clusters only where the change needs them', async () => {
  const patch = (body: object) => readsOf({ method: 'PATCH', path: `${CLUSTERS}/one`, body });
  // The tenant is read again once the body is there.
  expect(await patch({ version: '1.33' })).toEqual(['get tenant', 'get tenant', 'get cluster', 'get setting']);
  expect(await patch({ alerts: { note: 'x' } })).toEqual(['get tenant', 'get tenant', 'get cluster', 'sum alerts']);
  expect(await patch({ alerts: { note: 'y' } })).toEqual(['get tenant', 'get tenant', 'get cluster']);
  expect(await patch({ resources: { cpu: '1' } })).toEqual(['get tenant', 'get tenant', 'get cluster', 'list cluster', 'get setting']);
});
