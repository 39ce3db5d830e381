import { afterEach, beforeEach, expect, it } from 'vitest';
import { closeMonths } from './close-period.ts';
import { grantCredit } from './credit.ts';
import { readOpenPeriod } from './open-period.ts';
import { reopenPeriod } from './reopen-period.ts';
import { settleInvoice } from './settle-invoice.ts';
import { type LedgerWorld, openLedgerWorld } from './testing/ledger-world.ts';

const JANUARY = Date.UTC(2026, 0, 1);
const FEBRUARY = Date.UTC(2026, 1, 1);
const MARCH = Date.UTC(2026, 2, 1);
const DAY = 86_400_000;
const SIZE = { cpu: '4', memory: '16Gi' };

let world: LedgerWorld;
beforeEach(async () => {
  world = await openLedgerWorld(JANUARY);
});
afterEach(() => world.end());

const close = async () => closeMonths(world.ports, await world.tenant(), world.now);
async function reopen(invoice: string): Promise<readonly string[]> {
  const { voided, ...changed } = await reopenPeriod(world.ports.store, { tenant: 'acme', invoice }, world.now);
  await world.commit(changed);
  return voided;
}
async function settle(name: string, phase: 'Paid' | 'Void'): Promise<void> {
  const invoice = (await world.invoices()).find((one) => one.name === name);
  const changed = invoice && settleInvoice(invoice, phase);
  if (changed) await world.commit(changed);
}
const invoices = async () =>
  (await world.invoices()).map(({ name, spec, observed }) => [
    name,
    observed.phase,
    spec.lines.find(({ kind }) => kind === 'cpu')?.seconds,
    spec.creditsApplied,
  ]);
async function running(name: string, uid: string): Promise<void> {
  await world.create(name, uid, SIZE);
  const cluster = await world.cluster(name);
  if (cluster) await world.observe(cluster, { readyAt: world.now });
}
async function removed(name: string): Promise<void> {
  const cluster = await world.cluster(name);
  if (cluster) await world.remove(cluster);
}

it('undoes two months that a wrong clock closed: every second is on one standing invoice, and credit is there again', async () => {
  await world.commit(grantCredit(await world.tenant(), { amount: '40.00', reason: 'x' }, world.now));
  await running('web', 'u1');
  world.now = MARCH + 5 * DAY;
  await close();
  world.now = JANUARY + 3 * DAY;
  expect(await reopen('2026-01')).toEqual(['2026-01', '2026-02']);
  expect((await readOpenPeriod(world.ports.store, await world.tenant())).opening).toMatchObject({ start: JANUARY, credit: '0' });
  world.now = JANUARY + 4 * DAY;
  await removed('web');
  world.now = FEBRUARY;
  expect(await close()).toBe(1);
  expect(await invoices()).toEqual([
    ['2026-01', 'Void', 31 * 24 * 3600, '40.00'],
    ['2026-01-2', 'Finalised', 4 * 24 * 3600, '40.00'],
    ['2026-02', 'Void', 28 * 24 * 3600, '0.00'],
  ]);
});

it('takes what was written down while the clock was ahead as no later than the reopening', async () => {
  await running('web', 'u1');
  world.now = FEBRUARY + 9 * DAY;
  await removed('web');
  await running('next', 'u2');
  await close();
  world.now = JANUARY + 2 * DAY;
  await reopen('2026-01');
  world.now = JANUARY + 5 * DAY;
  await removed('next');
  world.now = FEBRUARY;
  await close();
  const [, right] = await world.invoices();
  expect(right?.spec.lines.flatMap(({ kind, cluster, seconds }) => (kind === 'cpu' ? [[cluster, seconds]] : []))).toEqual([
    ['next', 3 * 24 * 3600],
    ['web', 2 * 24 * 3600],
  ]);
});

it('leaves the months before it closed, and can be done again for what is closed after it', async () => {
  await running('web', 'u1');
  world.now = MARCH;
  await close();
  expect(await reopen('2026-02')).toEqual(['2026-02']);
  expect((await readOpenPeriod(world.ports.store, await world.tenant())).opening.start).toBe(FEBRUARY);
  await close();
  expect(await reopen('2026-02-2')).toEqual(['2026-02-2']);
  expect(await reopen('2026-01')).toEqual(['2026-01']);
  await world.restart();
  expect(await close()).toBe(2);
  expect((await invoices()).filter(([, phase]) => phase !== 'Void').map((row) => row.slice(0, 3))).toEqual([
    ['2026-01-2', 'Finalised', 31 * 24 * 3600],
    ['2026-02-3', 'Finalised', 28 * 24 * 3600],
  ]);
});

it('is refused for what was paid, what is void, and what is not there', async () => {
  world.now = MARCH;
  await close();
  await settle('2026-02', 'Paid');
  await expect(reopen('2026-01')).rejects.toMatchObject({ status: 409, message: expect.stringContaining('"2026-02" was paid') });
  await expect(reopen('2025-01')).rejects.toMatchObject({ status: 404 });
  await settle('2026-01', 'Void');
  await expect(reopen('2026-01')).rejects.toMatchObject({ status: 409, message: expect.stringContaining('is Void already') });
});

it('is stale when the period is closed while it is decided', async () => {
  await running('web', 'u1');
  world.now = MARCH;
  await close();
  const { voided: _, ...changed } = await reopenPeriod(world.ports.store, { tenant: 'acme', invoice: '2026-02' }, world.now);
  await reopen('2026-01');
  expect((await world.ports.store.commit({ at: world.now, ...changed })).outcome).toBe('stale');
});
