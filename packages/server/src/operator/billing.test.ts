import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OPERATOR_PREFIX } from '@openkupe/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { closeMonths } from '../billing/close-period.ts';
import { type InProcess, startInProcess } from '../testing/in-process.ts';

let folder: string;
let server: InProcess;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'operator-'));
  server = await startInProcess({ OPENKUPE_OPERATOR_SOCKET: join(folder, 'o.sock') });
  await server.plane.start();
});
afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function operate(method: string, path: string, body: unknown): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const target = { socketPath: join(folder, 'o.sock'), method, path: `${OPERATOR_PREFIX}${path}` };
    const sent = request(target, async (response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      resolve({ status: response.statusCode ?? 0, text });
    });
    sent.once('error', reject);
    sent.end(JSON.stringify(body));
  });
}

it('grants credit, which the running bill shows, with an audit row', async () => {
  const granted = await operate('POST', '/tenants/demo/credits', { amount: '10.00', reason: 'an outage' });
  expect([granted.status, JSON.parse(granted.text)]).toEqual([201, { tenant: 'demo', amount: '10.00', reason: 'an outage' }]);
  expect(await server.plane.ports.store.lastLedger('demo')).toMatchObject({ fact: { kind: 'credit', amount: '10.00' } });
  const [row] = await server.plane.ports.store.audit('demo', 1);
  expect(row).toMatchObject({ action: 'operator.credits.grant', target: 'tenants/demo', actor: expect.stringMatching(/^operator:/) });
});

it.each([
  ['/tenants/demo/credits', { amount: '-1', reason: 'x' }, 400, 'amount must be above 0'],
  ['/tenants/demo/credits', { amount: '1' }, 400, 'reason is required'],
  ['/tenants/nobody/credits', { amount: '1', reason: 'x' }, 404, 'Tenant \\"nobody\\" not found'],
])('refuses %s %j with %d', async (path, body, status, message) => {
  const refused = await operate('POST', path, body);
  expect([refused.status, refused.text]).toEqual([status, expect.stringContaining(message)]);
});

it('settles an invoice once, and the API shows it under a new tag', async () => {
  await operate('POST', '/tenants/demo/credits', { amount: '10.00', reason: 'an outage' });
  const { store, plans } = server.plane.ports;
  const tenant = await store.get({ kind: 'tenant', tenant: 'demo', name: 'demo' });
  if (!tenant) throw new Error('there is no tenant');
  await closeMonths({ store, plans }, tenant, Date.UTC(2026, 1, 1));
  const get = () => server.send({ method: 'GET', path: '/api/v1/tenants/demo/invoices/2026-01' });
  const before = await get();
  expect(before.json.status).toMatchObject({ phase: 'Finalised', subtotal: '49.00', creditsApplied: '10.00', total: '39.00' });
  const settle = (name: string, phase: string) => operate('PUT', `/tenants/demo/invoices/${name}/phase`, { phase });
  expect((await settle('2026-01', 'Paid')).status).toBe(200);
  const after = await get();
  expect(after.json.status.phase).toBe('Paid');
  expect(after.headers.etag).not.toBe(before.headers.etag);
  expect((await settle('2026-01', 'Void')).status).toBe(409);
  expect((await settle('2025-01', 'Void')).status).toBe(404);
  expect((await settle('2026-01', 'Open')).status).toBe(400);
});
