import {
  compareMoney,
  formatMoney,
  type InvoiceLine,
  type LineKind,
  moneyOf,
  NO_MONEY,
  type Plan,
  RATES,
  scaleMoney,
} from '@openkupe/contract';
import type { TenantSpec } from '../store/resource.ts';
import { describeLine } from './describe-line.ts';

/** Metrics and logs of a tenant in one period. */
export interface Measured {
  readonly activeSeries: number;
  readonly activeSeriesP95: number;
  readonly logIngestBytes: number;
}

/** Zero of everything: no engine has a source of metrics or logs yet. */
export const NOTHING_MEASURED: Measured = { activeSeries: 0, activeSeriesP95: 0, logIngestBytes: 0 };

/** Bytes of a GB, as plans count them. */
const GB_BYTES = 10 ** 9;

function overageLine(
  kind: LineKind,
  unit: string,
  unitPrice: string,
  units: { readonly above: number; readonly per: number },
): InvoiceLine[] {
  const ratio = { numerator: BigInt(units.above), denominator: BigInt(units.per) };
  if (compareMoney({ units: ratio.numerator, decimals: 0 }, NO_MONEY) <= 0) return [];
  const shown = (text: string, places: number) => formatMoney(scaleMoney(moneyOf(text), ratio, places), places);
  const terms = { kind, unit, unitPrice, quantity: shown('1', 6), seconds: 0 };
  const cost = { exactCost: shown(unitPrice, 6), cost: shown(unitPrice, 2) };
  return [{ ...terms, ...cost, description: describeLine(terms), secondsPerUnit: 1, events: [], segments: [] }];
}

/** Lines for usage above the allowance of the plan; none for what a hard cap of the tenant rejected at ingestion. */
export function overageLines(
  measured: Measured,
  { observabilityPool }: Pick<Plan, 'observabilityPool'>,
  switches: Pick<TenantSpec, 'enforceMetricsLimit' | 'enforceLogLimit'>,
): InvoiceLine[] {
  const series = switches.enforceMetricsLimit ? 0 : measured.activeSeriesP95 - observabilityPool.maxActiveSeries;
  const bytes = switches.enforceLogLimit ? 0 : measured.logIngestBytes - observabilityPool.logIngestGB * GB_BYTES;
  return [
    ...overageLine('metrics-overage', 'series-month', RATES.metricsSeriesMonth, { above: series, per: 1 }),
    ...overageLine('log-overage', 'GB-month', RATES.logGBMonth, { above: bytes, per: GB_BYTES }),
  ];
}
