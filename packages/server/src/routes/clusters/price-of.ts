import { addMoney, type ClusterPrice, CURRENCY, formatMoney, type Money, moneyOf, RATES, scaleMoney } from '@openkupe/contract';
import type { ClusterSpec } from '../../store/resource.ts';
import { tenantAllocation } from '../../tenancy/allocation.ts';

const HOURS_PER_MONTH = { numerator: 730n, denominator: 1n };

/** The price of `amount` units of something for an hour, exactly. */
function timesRate(amount: string, rate: string): Money {
  const [one, other] = [moneyOf(amount), moneyOf(rate)];
  return { units: one.units * other.units, decimals: one.decimals + other.decimals };
}

/** What a cluster with this desired state costs in a month, highly available all the time if it is to be. */
export function priceOf(spec: ClusterSpec): ClusterPrice {
  const { cpu, memory, storage } = tenantAllocation([{ name: '', spec }]).allocated;
  const perHour = [
    timesRate(cpu, RATES.cpuHour),
    timesRate(memory, RATES.memoryHour),
    timesRate(storage, RATES.storageHour),
    timesRate(spec.highAvailability ? '1' : '0', RATES.highAvailabilityHour),
  ].reduce(addMoney);
  return { perMonth: formatMoney(scaleMoney(perHour, HOURS_PER_MONTH, perHour.decimals), 2), currency: CURRENCY };
}
