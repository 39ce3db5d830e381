import { afterEach, beforeEach, expect, it } from 'vitest';
import { amountSeconds, pence, recomputedPence } from '../../billing/testing/recompute.ts';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';
import { untilPhase } from '../../testing/life-cycle.ts';

const TENANT = '/api/v1/tenants/demo';
const CLUSTER = `${TENANT}/clusters/web`;
const INVOICE = `${TENANT}/invoices/2026-01`;
const MINUTE_MS = 60_000;
let server: InProcess;

/** Two minutes before the end of January, so that the month turns while everything runs. */
beforeEach(async () => {
  server = await startInProcess();
  await server.clock.advance(31 * 24 * 60 * MINUTE_MS - 2 * MINUTE_MS);
  await server.plane.start();
  const resources = { cpu: '4', memory: '16Gi', storage: '100Gi' };
  await server.send({ method: 'POST', path: `${TENANT}/clusters`, body: { name: 'web', resources } });
  await untilPhase(server, CLUSTER, 'Running');
  for (let round = 0; round < 100; round += 1) {
    if ((await server.send({ method: 'GET', path: INVOICE })).status === 200) return;
    await server.clock.advance(5_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('no invoice was issued at the turn of the month');
});
afterEach(() => server.stop());

const get = (path: string, headers: Record<string, string> = {}) => server.send({ method: 'GET', path, headers });

it('shows the month that is over, issued by the server itself', async () => {
  const { status, json, headers } = await get(INVOICE);
  expect(status).toBe(200);
  expect(json).toMatchObject({
    name: '2026-01',
    billingPeriod: { start: '2026-01-01T00:00:00Z', end: '2026-02-01T00:00:00Z' },
    status: { phase: 'Finalised', creditsApplied: '0.00', currency: 'GBP', billedUntil: '2026-02-01T00:00:00Z', tax: '0.00' },
  });
  expect(headers.etag).toBe(`"${json.resourceVersion}.0"`);
  expect((await get(INVOICE, { 'if-none-match': headers.etag ?? '' })).status).toBe(304);
});

it('has lines that add up, that can be computed again, and that name their events', async () => {
  const { json } = await get(INVOICE);
  const lines = json.status.lineItems;
  expect(lines.map(({ kind }: { kind: string }) => kind)).toEqual(['platform-fee', 'cpu', 'memory', 'storage']);
  let sum = 0n;
  for (const line of lines) {
    expect(pence(line.cost)).toBe(recomputedPence(line));
    sum += pence(line.cost);
  }
  expect([sum, json.status.total]).toEqual([pence(json.status.subtotal), json.status.subtotal]);
  const [fee, cpu] = lines;
  expect(fee).toMatchObject({ plan: 'pro', cost: '49.00', events: [] });
  expect(cpu).toMatchObject({ cluster: 'web', events: ['be-1'], unitPrice: '0.030' });
  expect(amountSeconds(cpu)).toBe(4n * 10n ** 9n * BigInt(cpu.seconds));
});

it('is in the list, the newest first, for a readonly key too', async () => {
  const key = await server.makeKey('readonly');
  const { status, json } = await server.send({ method: 'GET', path: `${TENANT}/invoices`, key });
  expect(status).toBe(200);
  expect(json.items).toEqual([(await get(INVOICE)).json]);
});

it('and the running month begins where it ended', async () => {
  const { json } = await get(TENANT);
  expect(json.status.currentUsage).toMatchObject({
    periodStart: '2026-02-01T00:00:00Z',
    periodEnd: '2026-03-01T00:00:00Z',
    stale: false,
    error: '',
  });
  await server.send({ method: 'DELETE', path: CLUSTER });
  const { json: later } = await get(TENANT);
  const hours = Number(later.status.currentUsage.compute.cpuCoreHours);
  expect(hours).toBeLessThan(4 * (100 / 3600) + 0.01);
});
