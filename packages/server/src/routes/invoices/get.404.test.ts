import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const TENANT = '/api/v1/tenants/demo';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

it('says which invoice is not there, and lists none', async () => {
  const received = await server.send({ method: 'GET', path: `${TENANT}/invoices/2025-12` });
  expect([received.status, errorOf(received)]).toEqual([404, expect.stringContaining('Invoice "2025-12" not found in tenant "demo"')]);
  expect((await server.send({ method: 'GET', path: `${TENANT}/invoices` })).json).toEqual({ items: [] });
});

it('is 400 for a name that is none', async () => {
  const received = await server.send({ method: 'GET', path: `${TENANT}/invoices/2025_12` });
  expect([received.status, errorOf(received)]).toEqual([400, expect.stringContaining('invoice name must')]);
});

it('does not show the invoices of an earlier tenant of the same name', async () => {
  const { store } = server.plane.ports;
  const spec = { tenantUid: 'an-earlier-one', periodStart: 0, periodEnd: 0, issuedAt: 0, billedUntil: 0, lines: [] };
  const sums = { subtotal: '1.00', creditsApplied: '0.00', total: '1.00' };
  const key = { kind: 'invoice', tenant: 'demo', name: '2025-11' } as const;
  await store.commit({ at: 0, writes: [{ verb: 'create', key, uid: 'u', spec: { ...spec, ...sums }, observed: { phase: 'Paid' } }] });
  expect((await server.send({ method: 'GET', path: `${TENANT}/invoices/2025-11` })).status).toBe(404);
  expect((await server.send({ method: 'GET', path: `${TENANT}/invoices` })).json).toEqual({ items: [] });
});
