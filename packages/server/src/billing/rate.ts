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
import { describeLine } from './explain-line.ts';
import { monthStart, nextMonth } from './month.ts';
import type { ClusterTally, Stretch, Tally } from './tally.ts';

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

/** How an event of a tenant's ledger is named outside. */
export const eventName = (entry: number) => `be-${entry}`;

/** Prices stretches of one thing. The cost is computed from whole numbers and rounded once, so that anybody gets the same. */
function line(priced: Priced, stretches: readonly Stretch<string>[]): InvoiceLine {
  const amountSeconds = stretches.reduce((sum, stretch) => sum + billionths(stretch.what) * secondsOf(stretch), 0n);
  const ratio = { numerator: amountSeconds, denominator: 10n ** BigInt(AMOUNT_PLACES) * BigInt(priced.secondsPerUnit) };
  const price = moneyOf(priced.unitPrice);
  const shown = (money: Money, places: number) => formatMoney(scaleMoney(money, ratio, places), places);
  const seconds = Number(stretches.reduce((sum, stretch) => sum + secondsOf(stretch), 0n));
  const entries = stretches.flatMap(({ entry }) => (entry === undefined ? [] : [entry]));
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
    segments: stretches.map(({ from, to, what, entry }) => ({
      from: formatTime(from),
      to: formatTime(to),
      amount: what,
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

function clusterLines({ uid, name, stretches }: ClusterTally): InvoiceLine[] {
  return PER_HOUR.flatMap(({ amountOf, ...terms }) => {
    const charged = stretches.map((stretch) => ({ ...stretch, what: amountOf(stretch.what) })).filter(({ what }) => billionths(what) > 0n);
    if (charged.length === 0) return [];
    return [line({ ...terms, secondsPerUnit: HOUR_SECONDS, of: { cluster: name, clusterUid: uid } }, charged)];
  });
}

/** The fee of a month, by the time spent on each plan. A price that the catalogue changes holds for the whole of the running period. */
function feeLines({ from, plans }: Tally, catalogue: readonly Plan[]): InvoiceLine[] {
  const secondsPerUnit = (nextMonth(from) - monthStart(from)) / 1000;
  const names = [...new Set(plans.map(({ what }) => what.name))];
  return names.map((name) => {
    const stretches = plans.filter(({ what }) => what.name === name);
    const kept = stretches.at(-1)?.what.platformFee ?? '0';
    const unitPrice = catalogue.find((plan) => plan.name === name)?.platformFee ?? kept;
    return line(
      { kind: 'platform-fee', unit: 'month', secondsPerUnit, unitPrice, of: { plan: name } },
      stretches.map((stretch) => ({ ...stretch, what: '1' })),
    );
  });
}

/** The lines of a bill for what was tallied. Pure. */
export function priceLines(tallied: Tally, catalogue: readonly Plan[]): InvoiceLine[] {
  return [...feeLines(tallied, catalogue), ...tallied.clusters.flatMap(clusterLines)];
}
