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
    sent.end(body === undefined ? undefined : JSON.stringify(body));
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
  expect([(await settle('2026-01', 'Paid')).status, (await settle('2026-01', 'Paid')).status]).toEqual([200, 200]);
  const [row, ...others] = await store.audit('demo', 100);
  expect(row).toMatchObject({ action: 'operator.invoices.settle', target: 'invoices/2026-01', actor: expect.stringMatching(/^operator:/) });
  expect(others.map(({ action }) => action)).not.toContain('operator.invoices.settle');
  const after = await get();
  expect(after.json.status.phase).toBe('Paid');
  expect(after.headers.etag).not.toBe(before.headers.etag);
  expect((await settle('2026-01', 'Void')).status).toBe(409);
  expect((await settle('2025-01', 'Void')).status).toBe(404);
  expect((await settle('2026-01', 'Open')).status).toBe(400);
});

const jsonOf = ({ text }: { text: string }) => JSON.parse(text);
const voidInvoices = async () => {
  const invoices = await server.plane.ports.store.list('invoice', 'demo');
  return invoices.filter(({ observed }) => observed.phase === 'Void').map(({ name }) => name);
};

it('reopens a period that was closed too early, with an audit row, and says why it does not', async () => {
  const { store, plans } = server.plane.ports;
  const tenant = await store.get({ kind: 'tenant', tenant: 'demo', name: 'demo' });
  if (!tenant) throw new Error('there is no tenant');
  await closeMonths({ store, plans }, tenant, Date.UTC(2026, 3, 1));
  const reopen = (name: string, from = 'demo') => operate('POST', `/tenants/${from}/invoices/${name}/reopening`, undefined);
  expect((await operate('PUT', '/tenants/demo/invoices/2026-01/phase', { phase: 'Paid' })).status).toBe(200);
  const reopened = await reopen('2026-02');
  expect([reopened.status, jsonOf(reopened)]).toEqual([200, { tenant: 'demo', reopened: '2026-02', voided: ['2026-02', '2026-03'] }]);
  expect(await voidInvoices()).toEqual(['2026-02', '2026-03']);
  const [row] = await store.audit('demo', 1);
  expect(row).toMatchObject({ action: 'operator.invoices.reopen', target: 'invoices/2026-02', actor: expect.stringMatching(/^operator:/) });
  expect([await reopen('2026-02'), await reopen('2026-01')]).toMatchObject([
    { status: 409, text: expect.stringContaining('is Void already') },
    { status: 409, text: expect.stringContaining('was paid, so its period stays closed; grant credit instead') },
  ]);
  expect([(await reopen('2024-01')).status, (await reopen('2026-02', 'nobody')).status]).toEqual([404, 404]);
});

it('confirms a step of the wall clock by the day it shows, and no other', async () => {
  expect(jsonOf(await operate('GET', '/clock', undefined))).toMatchObject({ state: 'ok', message: '' });
  server.clock.setWallClock(40 * 86_400_000);
  const held = jsonOf(await operate('GET', '/clock', undefined));
  expect(held).toMatchObject({ state: 'held', message: expect.stringContaining('openkupe operator billing confirm-clock 2026-02-10') });
  const wrong = await operate('PUT', '/clock', { day: '2026-03-10' });
  expect([wrong.status, wrong.text]).toEqual([409, expect.stringContaining('says 2026-02-10, not 2026-03-10')]);
  expect((await operate('PUT', '/clock', { day: 'today' })).status).toBe(400);
  const right = await operate('PUT', '/clock', { day: '2026-02-10' });
  expect([right.status, jsonOf(right)]).toMatchObject([200, { state: 'ok', billedTime: held.wallTime }]);
  expect(await server.plane.ports.store.knownTime()).toMatchObject({ knownMs: server.clock.now() });
  expect((await server.plane.ports.store.audit('-', 1))[0]).toMatchObject({ action: 'operator.clock.confirm', target: 'clock/2026-02-10' });
});
