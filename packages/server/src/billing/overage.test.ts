import { expect, it } from 'vitest';
import { NOTHING_MEASURED, overageLines } from './overage.ts';

const PLAN = { observabilityPool: { maxActiveSeries: 50_000, logIngestGB: 50, retentionDays: 90, maxReceivers: 10 } };
const OPEN = { enforceMetricsLimit: false, enforceLogLimit: false };
const MEASURED = { activeSeries: 60_000, activeSeriesP95: 51_000, logIngestBytes: 52_500_000_000 };
const costs = (...args: Parameters<typeof overageLines>) => overageLines(...args).map(({ kind, cost }) => [kind, cost]);

it('charges what is above the allowance: series on the 95th percentile, logs by the GB', () => {
  expect(costs(MEASURED, PLAN, OPEN)).toEqual([
    ['metrics-overage', '3.00'],
    ['log-overage', '0.75'],
  ]);
});

it('charges nothing up to the allowance, and nothing where nothing is measured', () => {
  expect(overageLines({ ...MEASURED, activeSeriesP95: 50_000, logIngestBytes: 50 * 10 ** 9 }, PLAN, OPEN)).toEqual([]);
  expect(overageLines(NOTHING_MEASURED, PLAN, OPEN)).toEqual([]);
});

it('charges nothing where the allowance is a hard cap', () => {
  expect(costs(MEASURED, PLAN, { ...OPEN, enforceMetricsLimit: true })).toEqual([['log-overage', '0.75']]);
  expect(costs(MEASURED, PLAN, { enforceMetricsLimit: true, enforceLogLimit: true })).toEqual([]);
});
