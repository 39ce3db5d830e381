import { addMoney, DEFAULT_PLANS, formatMoney, moneyOf, RATES, scaleMoney } from '@openkupe/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LedgerFact, LedgerRow } from '../store/ledger.ts';
import { aggregateUsage } from './aggregate-usage.ts';
import { totalsOf } from './invoice-totals.ts';
import type { Opening } from './open-period.ts';
import { priceLines } from './price-lines.ts';
import { pence, recomputedPence } from './testing/recompute.ts';

const HOUR = 3_600_000;
const MARCH = Date.UTC(2026, 2, 1);
const APRIL = Date.UTC(2026, 3, 1);
const [STARTER, PRO] = [
  { name: 'starter', platformFee: '29.00' },
  { name: 'pro', platformFee: '49.00' },
];
const OPENING: Opening = { start: MARCH, clusters: [], credit: '0' };
const BILLED = { cpu: '4', memory: '16', storage: '100', highAvailability: false };
const rows = (...facts: [at: number, fact: LedgerFact][]): LedgerRow[] =>
  facts.map(([at, fact], index) => ({ tenant: 'acme', entry: index + 1, at, fact }));
const cluster = (billed: typeof BILLED | null, uid = 'u'): LedgerFact => ({ kind: 'cluster', uid, name: 'web', billed });
const linesOf = (ledger: LedgerRow[], until = APRIL, opening = OPENING) =>
  priceLines(aggregateUsage(opening, ledger, until, STARTER), DEFAULT_PLANS);

describe('the price of a cluster', () => {
  it('is GBP 0.2276 for 4 cores, 16 GiB and 100 GiB in one hour', () => {
    const lines = linesOf(rows([MARCH, cluster(BILLED)], [MARCH + HOUR, cluster(null)])).filter((line) => line.cluster);
    expect(lines.map(({ kind, quantity, exactCost, cost }) => [kind, quantity, exactCost, cost])).toEqual([
      ['cpu', '4.000000', '0.120000', '0.12'],
      ['memory', '16.000000', '0.096000', '0.10'],
      ['storage', '100.000000', '0.011600', '0.01'],
    ]);
    expect(formatMoney(lines.map(({ exactCost }) => moneyOf(exactCost)).reduce(addMoney), 4)).toBe('0.2276');
  });

  it('is GBP 89.28 for the 2976 core-hours of four cores in March', () => {
    const cpu = linesOf(rows([MARCH, cluster(BILLED)])).find(({ kind }) => kind === 'cpu');
    expect(cpu).toMatchObject({ quantity: '2976.000000', cost: '89.28', seconds: 744 * 3600, events: ['be-1'] });
    expect(cpu?.description).toBe('CPU of cluster "web": 2976.000000 core-hours in 2678400 seconds at GBP 0.030 per core-hour');
  });

  it.each([
    ['cpuHour', '21.90'],
    ['memoryHour', '4.38'],
    ['storageHour', '0.08'],
  ] as const)('of one unit in a month of 730 hours (%s) is GBP %s', (rate, monthly) => {
    expect(formatMoney(scaleMoney(moneyOf(RATES[rate]), { numerator: 730n, denominator: 1n }, 6), 2)).toBe(monthly);
  });

  it('follows a resize to the second and names both events', () => {
    const ledger = rows([MARCH, cluster(BILLED)], [MARCH + 90_000, cluster({ ...BILLED, cpu: '1.5' })], [MARCH + 100_000, cluster(null)]);
    const cpu = linesOf(ledger).find(({ kind }) => kind === 'cpu');
    expect(cpu).toMatchObject({ seconds: 100, events: ['be-1', 'be-2'], exactCost: '0.003125' });
    expect(cpu?.segments).toEqual([
      { from: '2026-03-01T00:00:00Z', to: '2026-03-01T00:01:30Z', amount: '4', event: 'be-1' },
      { from: '2026-03-01T00:01:30Z', to: '2026-03-01T00:01:40Z', amount: '1.5', event: 'be-2' },
    ]);
  });

  it('has a surcharge from the moment of high availability, and no line for what is not limited', () => {
    const bare = { cpu: '0', memory: '0', storage: '0', highAvailability: false };
    const ledger = rows(
      [MARCH, cluster(bare)],
      [MARCH + HOUR, cluster({ ...bare, highAvailability: true })],
      [MARCH + 3 * HOUR, cluster(null)],
    );
    const lines = linesOf(ledger).filter((line) => line.cluster);
    expect(lines).toMatchObject([{ kind: 'high-availability', quantity: '2.000000', cost: '0.20', events: ['be-2'] }]);
  });

  it('keeps two clusters of one name apart', () => {
    const ledger = rows([MARCH, cluster(BILLED, 'a')], [MARCH + HOUR, cluster(null, 'a')], [MARCH + HOUR, cluster(BILLED, 'b')]);
    expect(
      linesOf(ledger, MARCH + 2 * HOUR)
        .filter(({ kind }) => kind === 'cpu')
        .map(({ clusterUid }) => clusterUid),
    ).toEqual(['a', 'b']);
  });
});

describe('the platform fee', () => {
  it('is the whole fee for a whole month, however many days it has', () => {
    expect(linesOf([])).toMatchObject([{ kind: 'platform-fee', plan: 'starter', cost: '29.00', quantity: '1.000000' }]);
    const february = { ...OPENING, start: Date.UTC(2026, 1, 1) };
    expect(linesOf([], MARCH, february)).toMatchObject([{ cost: '29.00', quantity: '1.000000' }]);
  });

  it('is prorated by the time on each plan', () => {
    const half = MARCH + (APRIL - MARCH) / 2;
    const lines = linesOf(rows([half, { kind: 'plan', from: STARTER, to: PRO }]));
    expect(lines.map(({ plan, cost, events }) => [plan, cost, events])).toEqual([
      ['starter', '14.50', []],
      ['pro', '24.50', ['be-1']],
    ]);
  });

  it('begins with the tenant', () => {
    const opening = { ...OPENING, start: MARCH + (3 * (APRIL - MARCH)) / 4 };
    expect(linesOf([], APRIL, opening)).toMatchObject([{ cost: '7.25' }]);
  });

  it('of a plan that is not in the catalogue any more is what it was', () => {
    const gone = { name: 'gone', platformFee: '10.00' };
    const lines = priceLines(aggregateUsage({ ...OPENING, plan: gone }, [], APRIL, STARTER), DEFAULT_PLANS);
    expect(lines).toMatchObject([{ plan: 'gone', cost: '10.00' }]);
  });
});

describe('the laws of a bill', () => {
  const amounts = fc.constantFrom('0', '0.5', '1', '4', '16.000000001', '100', '0.25');
  const billed = fc.option(fc.record({ cpu: amounts, memory: amounts, storage: amounts, highAvailability: fc.boolean() }));
  const happenings = fc.array(
    fc.record({ afterSeconds: fc.integer({ min: 0, max: 400_000 }), uid: fc.constantFrom('a', 'b', 'c'), billed, isPlan: fc.boolean() }),
    { maxLength: 30 },
  );
  const ledgers = happenings.map((list) => {
    let at = MARCH;
    let isPro = false;
    return rows(
      ...list.map(({ afterSeconds, uid, billed: what, isPlan }): [number, LedgerFact] => {
        at += afterSeconds * 1000;
        if (!isPlan) return [at, { kind: 'cluster', uid, name: uid, billed: what }];
        isPro = !isPro;
        return [at, { kind: 'plan', from: isPro ? STARTER : PRO, to: isPro ? PRO : STARTER }];
      }),
    ).filter((row) => row.at < APRIL);
  });
  const credits = fc.integer({ min: 0, max: 100_000 }).map((n) => ({ units: BigInt(n), decimals: 2 }));

  it('the sum of the lines is the subtotal; credit only lowers it, and what is not used is left', () => {
    fc.assert(
      fc.property(ledgers, credits, (ledger, credit) => {
        const lines = linesOf(ledger);
        const { subtotal, creditsApplied, total, creditLeft } = totalsOf(lines, credit);
        expect(lines.reduce((sum, { cost }) => sum + pence(cost), 0n)).toBe(pence(subtotal));
        expect(pence(subtotal) - pence(creditsApplied)).toBe(pence(total));
        expect(pence(total) >= 0n && pence(creditsApplied) >= 0n).toBe(true);
        expect(pence(creditsApplied) + pence(creditLeft)).toBe(credit.units);
      }),
    );
  });

  it('every line can be computed again from what it shows', () => {
    fc.assert(
      fc.property(ledgers, (ledger) => {
        for (const line of linesOf(ledger)) {
          expect(pence(line.cost)).toBe(recomputedPence(line));
          expect(new Set(line.segments.flatMap(({ event }) => event ?? []))).toEqual(new Set(line.events));
        }
      }),
    );
  });

  it('a cut of the period anywhere neither loses nor doubles a second', () => {
    fc.assert(
      fc.property(ledgers, fc.integer({ min: 0, max: (APRIL - MARCH) / 1000 }), (ledger, cutSeconds) => {
        const cut = MARCH + cutSeconds * 1000;
        const before = ledger.filter(({ at }) => at < cut);
        const first = aggregateUsage(OPENING, before, cut, STARTER);
        const opening = { start: cut, clusters: first.carried.clusters, plan: first.carried.plan, credit: '0' };
        const second = aggregateUsage(opening, ledger.slice(before.length), APRIL, STARTER);
        const seconds = (...parts: (typeof first)[]) => {
          const found = new Map<string, number>();
          for (const { uid, intervals } of parts.flatMap(({ clusters }) => clusters)) {
            for (const { from, to, value } of intervals) {
              const key = `${uid} ${JSON.stringify(value)}`;
              found.set(key, (found.get(key) ?? 0) + to - from);
            }
          }
          return found;
        };
        const whole = aggregateUsage(OPENING, ledger, APRIL, first.plans[0]?.value ?? STARTER);
        expect(seconds(first, second)).toEqual(seconds(whole));
      }),
    );
  });
});
