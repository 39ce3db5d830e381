import { LIMITS } from '@openkupe/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const COLLECTION = '/api/v1/tenants/demo/clusters';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

const spec = { displayName: '', type: 'shared', version: '1.32', resources: {}, highAvailability: false } as const;
const observed = { observedGeneration: 0, kubernetesVersion: '', endpoint: '', caPem: '', waitingFor: '' };
/** Makes clusters straight in the store, where no plan limits them. */
async function make(...clusters: { name: string; spec?: object; observed?: object }[]): Promise<void> {
  await server.plane.ports.store.commit({
    at: server.clock.now(),
    writes: clusters.map((one) => ({
      verb: 'create',
      key: { kind: 'cluster', tenant: 'demo', name: one.name },
      uid: `uid-${one.name}`,
      spec: { ...spec, ...one.spec },
      observed: { ...observed, ...one.observed },
    })),
  });
}
const page = async (query = '') => (await server.send({ method: 'GET', path: `${COLLECTION}${query}` })).json;
const names = async (query = '') => (await page(query)).items.map(({ name }: { name: string }) => name);

it.each([
  ['phase=Pending', ['new-1', 'new-2', 'old']],
  ['phase=Provisioning', ['taken']],
  ['type=dedicated', ['new-2']],
  ['version=1.32', ['new-2', 'old', 'taken']],
  ['version=v1.32.3', ['old']],
  ['version=1.3', []],
  ['namePrefix=new-', ['new-1', 'new-2']],
  ['namePrefix=new-&phase=Pending&version=1.33', ['new-1']],
])('%s', async (query, expected) => {
  await make(
    { name: 'new-1', spec: { version: '1.33' } },
    { name: 'new-2', spec: { type: 'dedicated' } },
    { name: 'old', spec: { version: '1.32.3' } },
    { name: 'taken', observed: { acceptedAt: 1 } },
  );
  expect([await names(`?${query}`), await names(`?${query}&limit=500`)]).toEqual([expected, expected]);
});

it.each(['phase=running', 'phase=', 'type=large', 'version=latest', 'version=1', 'namePrefix=A', 'namePrefix=', 'name=one'])(
  'refuses %s with 400',
  async (query) => {
    const received = await server.send({ method: 'GET', path: `${COLLECTION}?${query}` });
    expect([received.status, errorOf(received)]).toEqual([400, expect.stringContaining('query parameter')]);
  },
);

it('goes on where the page ended, whatever was written meanwhile', async () => {
  await make(...['b', 'd', 'f'].map((name) => ({ name: `${name}0` })));
  const first = await page('?limit=2');
  expect(first.items.map(({ name }: { name: string }) => name)).toEqual(['b0', 'd0']);
  await make({ name: 'a0' }, { name: 'e0' });
  await server.send({ method: 'DELETE', path: `${COLLECTION}/d0` });
  const key = { kind: 'cluster', tenant: 'demo', name: 'b0' } as const;
  const { resourceVersion = '', uid = '' } = (await server.plane.ports.store.get(key)) ?? {};
  await server.plane.ports.store.commit({ at: 0, writes: [{ verb: 'delete-if', key, uid, expectedVersion: resourceVersion }] });
  expect(await names(`?limit=2&continue=${first.continue}`)).toEqual(['e0', 'f0']);
});

it('reads a bounded number of rows to fill a filtered page, and then says where to go on', async () => {
  const many = Array.from({ length: LIMITS.pageReads + 1 }, (_, index) => ({ name: `c${String(index).padStart(4, '0')}` }));
  await make(...many, { name: 'z0', observed: { acceptedAt: 1 } });
  const empty = await page('?phase=Provisioning&limit=1');
  expect(empty).toEqual({ items: [], continue: expect.any(String) });
  const rest = await page(`?phase=Provisioning&limit=1&continue=${empty.continue}`);
  expect([rest.items.length, rest.continue]).toEqual([1, undefined]);
});

it('reads no more rows than a page and one, whatever the tenant has', async () => {
  await make(...Array.from({ length: 50 }, (_, index) => ({ name: `c${index + 10}` })));
  const limits: unknown[] = [];
  const { store } = server.plane.ports;
  const counting: Partial<typeof store> = {
    scan(kind, tenant, range) {
      limits.push(range?.limit);
      return store.scan(kind, tenant, range);
    },
  };
  const counted = { ...store, ...counting };
  await server.sendWith({ store: counted }, { method: 'GET', path: `${COLLECTION}?limit=10` });
  expect(limits).toEqual([11]);
});

it('moves its ETag with what is on the page', async () => {
  await make({ name: 'a0' }, { name: 'b0' }, { name: 'c0' });
  const tag = async (query: string) => (await server.send({ method: 'GET', path: `${COLLECTION}${query}` })).headers.etag ?? '';
  const [whole, first] = [await tag(''), await tag('?limit=1')];
  await server.send({ method: 'PATCH', path: `${COLLECTION}/c0`, body: { resources: { cpu: '1' } } });
  expect(await tag('')).not.toBe(whole);
  expect(await tag('?limit=1')).toBe(first);
  const conditional = { 'if-none-match': first };
  const send = () => server.send({ method: 'GET', path: `${COLLECTION}?limit=1`, headers: conditional });
  expect((await send()).status).toBe(304);
  await server.send({ method: 'PATCH', path: `${COLLECTION}/a0`, body: { resources: { cpu: '1' } } });
  expect((await send()).status).toBe(200);
});
