import {
  formatMoney,
  formatTime,
  type InvoiceLine,
  type LineKind,
  type Money,
  moneyOf,
  type Plan,
  RATES,
  scaleMoney,
} from '@openkupe/contract';
import type { BilledFor } from '../store/ledger.ts';
import type { ClusterUsage, Interval, Usage } from './aggregate-usage.ts';
import { monthStart, nextMonth } from './billing-month.ts';
import { describeLine } from './describe-line.ts';

const HOUR_SECONDS = 3_600;
/** Amounts have at most this many places; see `formatInUnits`. */
const AMOUNT_PLACES = 9;
const SHOWN_PLACES = 6;

interface Priced {
  readonly kind: LineKind;
  readonly unit: string;
  readonly secondsPerUnit: number;
  readonly unitPrice: string;
  readonly of: Pick<InvoiceLine, 'cluster' | 'clusterUid' | 'plan'>;
}

/** The amount as a whole number of billionths. */
const billionths = (amount: string) => scaleMoney(moneyOf(amount), { numerator: 10n ** BigInt(AMOUNT_PLACES), denominator: 1n }, 0).units;
const secondsOf = ({ from, to }: { from: number; to: number }) => BigInt(to - from) / 1000n;

/** The name of a ledger entry in the API: `be-17`. */
export const eventName = (entry: number) => `be-${entry}`;

/** Prices intervals of one thing. The cost is computed from whole numbers and rounded once, so that every reader of the bill gets the same. */
function line(priced: Priced, intervals: readonly Interval<string>[]): InvoiceLine {
  const amountSeconds = intervals.reduce((sum, interval) => sum + billionths(interval.value) * secondsOf(interval), 0n);
  const ratio = { numerator: amountSeconds, denominator: 10n ** BigInt(AMOUNT_PLACES) * BigInt(priced.secondsPerUnit) };
  const price = moneyOf(priced.unitPrice);
  const shown = (money: Money, places: number) => formatMoney(scaleMoney(money, ratio, places), places);
  const seconds = Number(intervals.reduce((sum, interval) => sum + secondsOf(interval), 0n));
  const entries = intervals.flatMap(({ entry }) => (entry === undefined ? [] : [entry]));
  const { of, ...terms } = priced;
  const quantity = shown(moneyOf('1'), SHOWN_PLACES);
  return {
    ...terms,
    ...of,
    description: describeLine({ ...terms, ...of, quantity, seconds }),
    seconds,
    quantity,
    exactCost: shown(price, SHOWN_PLACES),
    cost: shown(price, 2),
    events: [...new Set(entries)].map(eventName),
    segments: intervals.map(({ from, to, value, entry }) => ({
      from: formatTime(from),
      to: formatTime(to),
      amount: value,
      ...(entry === undefined ? {} : { event: eventName(entry) }),
    })),
  };
}

const PER_HOUR: readonly { kind: LineKind; unit: string; unitPrice: string; amountOf: (billed: BilledFor) => string }[] = [
  { kind: 'cpu', unit: 'core-hour', unitPrice: RATES.cpuHour, amountOf: ({ cpu }) => cpu },
  { kind: 'memory', unit: 'GiB-hour', unitPrice: RATES.memoryHour, amountOf: ({ memory }) => memory },
  { kind: 'storage', unit: 'GiB-hour', unitPrice: RATES.storageHour, amountOf: ({ storage }) => storage },
  {
    kind: 'high-availability',
    unit: 'cluster-hour',
    unitPrice: RATES.highAvailabilityHour,
    amountOf: ({ highAvailability }) => (highAvailability ? '1' : '0'),
  },
];

function clusterLines({ uid, name, intervals }: ClusterUsage): InvoiceLine[] {
  return PER_HOUR.flatMap(({ amountOf, ...terms }) => {
    const charged = intervals
      .map((interval) => ({ ...interval, value: amountOf(interval.value) }))
      .filter(({ value }) => billionths(value) > 0n);
    if (charged.length === 0) return [];
    return [line({ ...terms, secondsPerUnit: HOUR_SECONDS, of: { cluster: name, clusterUid: uid } }, charged)];
  });
}

/** The monthly fee, pro rata by the time on each plan. A new catalogue price holds for the whole of the open period. */
function feeLines({ from, plans }: Usage, catalogue: readonly Plan[]): InvoiceLine[] {
  const secondsPerUnit = (nextMonth(from) - monthStart(from)) / 1000;
  const names = [...new Set(plans.map(({ value }) => value.name))];
  return names.map((name) => {
    const intervals = plans.filter(({ value }) => value.name === name);
    const kept = intervals.at(-1)?.value.platformFee ?? '0';
    const unitPrice = catalogue.find((plan) => plan.name === name)?.platformFee ?? kept;
    return line(
      { kind: 'platform-fee', unit: 'month', secondsPerUnit, unitPrice, of: { plan: name } },
      intervals.map((interval) => ({ ...interval, value: '1' })),
    );
  });
}

/** Prices usage: the lines of a bill. Pure. */
export function priceLines(usage: Usage, catalogue: readonly Plan[]): InvoiceLine[] {
  return [...feeLines(usage, catalogue), ...usage.clusters.flatMap(clusterLines)];
}
