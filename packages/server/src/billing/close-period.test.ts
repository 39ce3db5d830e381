import { DEFAULT_PLANS } from '@openkupe/contract';
import { createManualClock, type ManualClock } from '@openkupe/contract/testing/manual-clock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogFields } from '../log/log.ts';
import { type ConfirmedTime, createConfirmedTime } from '../time/confirmed-time.ts';
import { closeMonths, closePeriods, issueFinalInvoice } from './close-period.ts';
import { createClosingJob } from './closing-job.ts';
import { grantCredit } from './credit.ts';
import { settleInvoice } from './settle-invoice.ts';
import { type LedgerWorld, openLedgerWorld } from './testing/ledger-world.ts';

const JANUARY = Date.UTC(2026, 0, 1);
const FEBRUARY = Date.UTC(2026, 1, 1);
const MARCH = Date.UTC(2026, 2, 1);
const APRIL = Date.UTC(2026, 3, 1);
const HOUR = 3_600_000;
const SIZE = { cpu: '4', memory: '16Gi', storage: '100Gi' };

let world: LedgerWorld;
beforeEach(async () => {
  world = await openLedgerWorld(JANUARY);
});
afterEach(() => world.end());

const close = async () => closeMonths(world.ports, await world.tenant(), world.now);
const final = async () => issueFinalInvoice(world.ports, await world.tenant(), world.now);
const summary = async () => (await world.invoices()).map(({ name, spec }) => [name, spec.subtotal, spec.creditsApplied, spec.total]);
const grant = async (amount: string) => world.commit(grantCredit(await world.tenant(), { amount, reason: 'sorry' }, world.now));
async function running(name = 'web', uid = 'u1'): Promise<void> {
  await world.create(name, uid, SIZE);
  const cluster = await world.cluster(name);
  if (cluster) await world.observe(cluster, { readyAt: world.now });
}
async function removed(name = 'web'): Promise<void> {
  const cluster = await world.cluster(name);
  if (cluster) await world.remove(cluster);
}

describe('closing a month', () => {
  it('waits until the month is over', async () => {
    world.now = FEBRUARY - 1;
    expect(await close()).toBe(0);
    world.now = FEBRUARY;
    expect(await close()).toBe(1);
    expect(await world.invoices()).toMatchObject([
      {
        name: '2026-01',
        observed: { phase: 'Finalised' },
        spec: { periodStart: JANUARY, periodEnd: FEBRUARY, billedUntil: FEBRUARY, issuedAt: FEBRUARY, total: '29.00' },
      },
    ]);
  });

  it('does nothing the second time, also when two try at once', async () => {
    world.now = FEBRUARY + HOUR;
    const tries = await Promise.all([close(), close(), close()]);
    expect(tries.toSorted()).toEqual([0, 0, 1]);
    await world.restart();
    expect(await close()).toBe(0);
    expect(await world.invoices()).toHaveLength(1);
  });

  it('catches up after months in which nothing ran, one invoice a month', async () => {
    await running();
    world.now = APRIL + 5 * HOUR;
    expect(await close()).toBe(3);
    expect((await world.invoices()).map(({ name, spec }) => [name, spec.lines.find(({ kind }) => kind === 'cpu')?.seconds])).toEqual([
      ['2026-01', 31 * 24 * 3600],
      ['2026-02', 28 * 24 * 3600],
      ['2026-03', 31 * 24 * 3600],
    ]);
  });

  it('leaves what happened after the month, but before it was closed, to the next', async () => {
    await running();
    world.now = FEBRUARY + 2 * HOUR;
    await removed();
    world.now = FEBRUARY + 3 * HOUR;
    await close();
    world.now = MARCH;
    await close();
    const seconds = (await world.invoices()).map(({ spec }) => spec.lines.find(({ kind }) => kind === 'cpu')?.seconds);
    expect(seconds).toEqual([31 * 24 * 3600, 2 * 3600]);
  });

  it('counts what is committed late, with a time before the closing, from the beginning of the next month', async () => {
    await running();
    world.now = FEBRUARY + 10;
    await close();
    world.now = FEBRUARY - 5_000;
    await removed();
    world.now = MARCH;
    await close();
    const lines = (await world.invoices()).flatMap(({ spec }) => spec.lines.filter(({ kind }) => kind === 'cpu'));
    expect(lines.map(({ seconds }) => seconds)).toEqual([31 * 24 * 3600]);
  });

  it('bills a cluster from ready to deletion and not while it is made', async () => {
    await world.create('web', 'u1', SIZE);
    world.now = JANUARY + 2 * HOUR;
    const made = await world.cluster('web');
    if (made) await world.resize(made, { cpu: '8' });
    const resized = await world.cluster('web');
    if (resized) await world.observe(resized, { readyAt: world.now });
    world.now = JANUARY + 3 * HOUR;
    await removed();
    expect((await world.ports.store.ledger('acme', 0, 10)).map(({ at, fact }) => [at - JANUARY, fact])).toEqual([
      [2 * HOUR, { kind: 'cluster', uid: 'u1', name: 'web', billed: { cpu: '8', memory: '0', storage: '0', highAvailability: false } }],
      [3 * HOUR, { kind: 'cluster', uid: 'u1', name: 'web', billed: null }],
    ]);
  });

  it('goes on with the other tenants when one fails, and says so', async () => {
    await world.ports.store.commit({
      at: JANUARY,
      writes: [
        {
          verb: 'create',
          key: { kind: 'tenant', tenant: 'broken', name: 'broken' },
          uid: 'b',
          spec: { ...(await world.tenant()).spec, plan: 'no-such-plan' },
          observed: (await world.tenant()).observed,
        },
      ],
    });
    const complaints: LogFields[] = [];
    const log = { info: () => {}, warn: () => {}, error: (fields: LogFields) => complaints.push(fields) };
    expect(await closePeriods({ ...world.ports, log }, FEBRUARY)).toEqual({ issued: 1, failed: 1 });
    expect(complaints).toMatchObject([{ tenant: 'broken' }]);
  });

  it('holds up nothing else between two tenants, and reaches those of every page', async () => {
    const others = Array.from({ length: 120 }, (_, at) => `other-${at}`);
    const { spec, observed } = await world.tenant();
    const writes = others.map((name) => {
      return { verb: 'create', key: { kind: 'tenant', tenant: name, name }, uid: name, spec, observed } as const;
    });
    await world.ports.store.commit({ at: JANUARY, writes });
    let turns = 0;
    const turn = () => {
      turns += 1;
      counting = setImmediate(turn);
    };
    let counting = setImmediate(turn);
    const log = { info: () => {}, warn: () => {}, error: () => {} };
    const { issued } = await closePeriods({ ...world.ports, log }, FEBRUARY);
    clearImmediate(counting);
    expect(issued).toBe(121);
    expect(turns).toBeGreaterThanOrEqual(121);
  });
});

describe('the closing job', () => {
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const jobOf = () =>
    createClosingJob({
      store: world.ports.store,
      log: quiet,
      confirmedTime: { atLeast: () => world.now },
      loadPlans: async () => DEFAULT_PLANS,
    });

  it('issues at the turn of each month, however often it runs, and after a restart', async () => {
    let job = jobOf();
    for (world.now = JANUARY; world.now <= MARCH; world.now += 12 * HOUR) {
      await job();
      if (world.now % (48 * HOUR) !== 0) continue;
      await world.restart();
      job = jobOf();
    }
    expect((await world.invoices()).map(({ name, spec }) => [name, spec.issuedAt])).toEqual([
      ['2026-01', FEBRUARY],
      ['2026-02', MARCH],
    ]);
  });
});

describe('the closing job and a wall clock that is set', () => {
  const DAY = 24 * HOUR;
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const jobBy = (confirmedTime: ConfirmedTime) =>
    createClosingJob({ store: world.ports.store, log: quiet, confirmedTime, loadPlans: async () => DEFAULT_PLANS });
  const names = async () => (await world.invoices()).map(({ name }) => name);
  async function pass(clock: ManualClock, ms: number, job: () => Promise<void>): Promise<void> {
    for (let passed = 0; passed < ms; passed += 30_000) {
      await clock.advance(30_000);
      await job();
    }
  }

  it('closes a month that ends while it runs', async () => {
    const clock = createManualClock(FEBRUARY - HOUR);
    const job = jobBy(createConfirmedTime(clock));
    await pass(clock, HOUR - 30_000, job);
    expect(await names()).toEqual([]);
    await pass(clock, 30_000, job);
    expect(await names()).toEqual(['2026-01']);
  });

  it.each([HOUR, DAY, 40 * DAY])('closes nothing by a step of %i ms that lasts for 40 seconds', async (ms) => {
    const clock = createManualClock(FEBRUARY - HOUR);
    const job = jobBy(createConfirmedTime(clock));
    await pass(clock, HOUR / 2, job);
    clock.setWallClock(ms);
    await pass(clock, 40_000, job);
    clock.setWallClock(-ms);
    await pass(clock, 60_000, job);
    expect(await names()).toEqual([]);
  });

  it.each([HOUR, DAY, 40 * DAY])('closes nothing by a start that is %i ms ahead for 40 seconds', async (ms) => {
    const clock = createManualClock(FEBRUARY - HOUR + ms);
    await pass(clock, 40_000, jobBy(createConfirmedTime(clock, { knownMs: FEBRUARY - HOUR, certainMs: FEBRUARY - HOUR })));
    expect(await names()).toEqual([]);
  });

  it('catches up after 3 days of downtime a quarter of an hour after the start, and after 40 days at the word of an operator', async () => {
    const clock = createManualClock(FEBRUARY + 2 * DAY);
    await pass(clock, HOUR / 2, jobBy(createConfirmedTime(clock, { knownMs: FEBRUARY - DAY, certainMs: FEBRUARY - DAY })));
    expect(await names()).toEqual(['2026-01']);
    clock.setWallClock(40 * DAY);
    const time = createConfirmedTime(clock, { knownMs: FEBRUARY + 2 * DAY, certainMs: FEBRUARY + 2 * DAY });
    await pass(clock, HOUR / 2, jobBy(time));
    expect(await names()).toEqual(['2026-01']);
    time.confirm();
    await pass(clock, 30_000, jobBy(time));
    expect(await names()).toEqual(['2026-01', '2026-02']);
  });
});

describe('credit', () => {
  it('lowers invoices until it is used up, never below nothing, and is not paid out', async () => {
    await grant('40.00');
    world.now = MARCH;
    await close();
    expect(await summary()).toEqual([
      ['2026-01', '29.00', '29.00', '0.00'],
      ['2026-02', '29.00', '11.00', '18.00'],
    ]);
    expect((await world.invoices()).map(({ observed }) => observed.phase)).toEqual(['Paid', 'Finalised']);
  });

  it('that is granted after a month lowers the next invoice', async () => {
    world.now = FEBRUARY + HOUR;
    await grant('9.00');
    await close();
    world.now = MARCH;
    await close();
    expect((await summary()).map(([, , credits]) => credits)).toEqual(['0.00', '9.00']);
  });

  it.each(['0', '-5', '1.001', 'ten', '1000000.01', ''])('%j is not an amount', async (amount) => {
    await expect(grant(amount)).rejects.toMatchObject({ status: 400 });
    expect(await world.ports.store.lastLedger('acme')).toBeUndefined();
  });

  it('is not for a later tenant of the same name', async () => {
    const granted = grantCredit(await world.tenant(), { amount: '1.5', reason: 'x' }, world.now);
    await world.replaceTenant('tenant-2');
    expect((await world.ports.store.commit({ at: world.now, ...granted })).outcome).not.toBe('written');
  });
});

describe('the final invoice', () => {
  it('bills up to the moment, ends everything, and is the last', async () => {
    await running();
    world.now = FEBRUARY + HOUR;
    expect(await final()).toBe('issued');
    expect(await final()).toBe('nothing-due');
    world.now = APRIL;
    expect(await close()).toBe(0);
    const invoices = await world.invoices();
    expect(invoices.map(({ name, spec }) => [name, spec.periodEnd, spec.lines.find(({ kind }) => kind === 'cpu')?.seconds])).toEqual([
      ['2026-01', FEBRUARY, 31 * 24 * 3600],
      ['2026-02', FEBRUARY + HOUR, 3600],
    ]);
    expect(invoices[1]?.spec.lines.find(({ kind }) => kind === 'platform-fee')).toMatchObject({ seconds: 3600, cost: '0.04' });
  });

  it('of an earlier tenant leaves nothing behind for a later one of the same name', async () => {
    await running();
    await grant('100.00');
    world.now = JANUARY + HOUR;
    await final();
    world.now = JANUARY + 2 * HOUR;
    await world.replaceTenant('tenant-2');
    world.now = FEBRUARY;
    expect(await close()).toBe(1);
    const [, second] = await world.invoices();
    expect(second).toMatchObject({ name: '2026-01-2', spec: { tenantUid: 'tenant-2', creditsApplied: '0.00' } });
    expect(second?.spec.lines).toMatchObject([{ kind: 'platform-fee', seconds: 31 * 24 * 3600 - 2 * 3600 }]);
  });
});

describe('settling an invoice', () => {
  it('marks it once; what was paid or voided stays so', async () => {
    world.now = FEBRUARY;
    await close();
    const [issued] = await world.invoices();
    await world.commit((issued && settleInvoice(issued, 'Paid')) ?? { writes: [] });
    const [paid] = await world.invoices();
    if (!paid) throw new Error('there is no invoice');
    expect([paid.observed.phase, settleInvoice(paid, 'Paid')]).toEqual(['Paid', undefined]);
    expect(() => settleInvoice(paid, 'Void')).toThrow('settled otherwise');
  });
});
