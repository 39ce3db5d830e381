import {
  addMoney,
  CURRENCY,
  type CurrentUsage,
  formatMoney,
  formatTime,
  type LineKind,
  moneyOf,
  NO_MONEY,
  type Plan,
} from '@openkupe/contract';
import type { Resource } from '../store/resource.ts';
import { monthStart, nextMonth, wholeSecond } from './billing-month.ts';
import { type DraftBill, draftBill } from './draft-bill.ts';
import type { OpenPeriod } from './open-period.ts';
import { NOTHING_MEASURED } from './overage.ts';

/** Up to when the period can be billed now, and why no further. */
function countedUntil({ opening, rows, isComplete }: OpenPeriod, now: number): { until: number; error: string } {
  const end = nextMonth(opening.start);
  const last = Math.max(rows.at(-1)?.at ?? 0, opening.start);
  if (!isComplete)
    return {
      until: Math.min(last, end),
      error: 'More happened in this period than can be counted on a read; the invoice counts all of it',
    };
  if (now >= end) return { until: end, error: 'The period has ended and its invoice is being issued' };
  return { until: Math.min(Math.max(wholeSecond(now), last), end), error: '' };
}

/** Capacity hours and cost of one kind of line, over all clusters. */
function sumOf(lines: DraftBill['lines'], kind: LineKind): { quantity: string; cost: string } {
  const own = lines.filter((line) => line.kind === kind);
  const sum = (field: 'quantity' | 'cost') => formatMoney(own.map((line) => moneyOf(line[field])).reduce(addMoney, NO_MONEY), 2);
  return { quantity: sum('quantity'), cost: sum('cost') };
}

/** `status.currentUsage` of a tenant: the bill if the period ended now. `undefined` after the final invoice. Pure. */
export function currentUsage(
  tenant: Resource<'tenant'>,
  period: OpenPeriod,
  plans: readonly Plan[],
  now: number,
): CurrentUsage | undefined {
  if (period.isFinal) return undefined;
  const { opening } = period;
  const { until, error } = countedUntil(period, now);
  const { lines, totals } = draftBill(tenant, { opening, rows: period.rows, until }, plans);
  const [cpu, memory, storage] = (['cpu', 'memory', 'storage'] as const).map((kind) => sumOf(lines, kind)) as [Sum, Sum, Sum];
  const { activeSeries, activeSeriesP95, logIngestBytes } = NOTHING_MEASURED;
  return {
    periodStart: formatTime(monthStart(opening.start)),
    periodEnd: formatTime(nextMonth(opening.start)),
    updatedAt: formatTime(until),
    currency: CURRENCY,
    planChangedInPeriod: period.rows.some(({ at, fact }) => fact.kind === 'plan' && at < nextMonth(opening.start)),
    stale: error !== '',
    error,
    estimatedSubtotal: totals.subtotal,
    estimatedCreditsApplied: totals.creditsApplied,
    estimatedTotal: totals.total,
    compute: {
      cpuCoreHours: cpu.quantity,
      memoryGiBHours: memory.quantity,
      storageGiBHours: storage.quantity,
      cpuCost: cpu.cost,
      memoryCost: memory.cost,
      storageCost: storage.cost,
    },
    observability: {
      currentActiveSeries: activeSeries,
      billableActiveSeriesP95: activeSeriesP95,
      metricsOverageCost: sumOf(lines, 'metrics-overage').cost,
      logIngestBytes,
      logIngestGB: formatMoney({ units: BigInt(logIngestBytes), decimals: 9 }, 2),
      logOverageCost: sumOf(lines, 'log-overage').cost,
    },
  };
}

type Sum = ReturnType<typeof sumOf>;
