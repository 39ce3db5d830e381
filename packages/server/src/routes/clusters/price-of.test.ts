import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';
import { priceOf } from './price-of.ts';

const COLLECTION = '/api/v1/tenants/demo/clusters';
const spec = { displayName: '', type: 'shared', version: '1.32', resources: {}, highAvailability: false } as const;
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

it.each([
  [{}, false, '0.00'],
  [{ cpu: '1' }, false, '21.90'],
  [{ cpu: '1500m' }, false, '32.85'],
  [{ memory: '1Gi' }, false, '4.38'],
  [{ storage: '100Gi' }, false, '8.47'],
  [{ cpu: '4', memory: '16Gi', storage: '100Gi' }, false, '166.15'],
  [{ cpu: '4', memory: '16Gi', storage: '100Gi' }, true, '239.15'],
])('a month of %o, highly available: %s, is GBP %s', (resources, highAvailability, perMonth) => {
  expect(priceOf({ ...spec, resources, highAvailability })).toEqual({ perMonth, currency: 'GBP' });
});

it('is shown for a create and a patch that are validated only, and is that of what would be desired', async () => {
  const body = { name: 'one', resources: { cpu: '1' } };
  const create = (query: string) => server.send({ method: 'POST', path: `${COLLECTION}${query}`, body });
  expect((await create('?validateOnly=true')).json.price).toEqual({ perMonth: '21.90', currency: 'GBP' });
  expect((await create('')).json.price).toBeUndefined();
  const patch = (resources: object) => server.send({ method: 'PATCH', path: `${COLLECTION}/one?validateOnly=true`, body: { resources } });
  expect((await patch({ cpu: '2' })).json.price.perMonth).toBe('43.80');
  expect((await patch({ cpu: '1' })).json.price.perMonth).toBe('21.90');
});
