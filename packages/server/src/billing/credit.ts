import { compareMoney, moneyOf, NO_MONEY, parseMoney } from '@openkupe/contract';
import { invalidRequest } from '../errors/refusal.ts';
import type { Resource } from '../store/resource.ts';
import type { Change } from '../store/store.ts';
import { keyOf, observeIf } from '../store/writes.ts';
import { wholeSecond } from './billing-month.ts';

/** Larger amounts are refused as typing errors. */
const LARGEST = moneyOf('1000000.00');

/**
 * What grants a tenant credit of `amount` GBP, which lowers later invoices until it is used up and is never paid out. Pure. 400 for text
 * that is not an amount above zero with at most two places.
 */
export function grantCredit(
  tenant: Resource<'tenant'>,
  { amount, reason }: { readonly amount: string; readonly reason: string },
  now: number,
): Pick<Change, 'writes' | 'ledger' | 'events'> {
  const money = parseMoney(amount);
  if (!money || money.decimals > 2 || compareMoney(money, NO_MONEY) <= 0 || compareMoney(money, LARGEST) > 0) {
    throw invalidRequest(`amount must be above 0 and at most 1000000, with at most two places, not ${JSON.stringify(amount)}`);
  }
  return {
    // NOTE: changes nothing, and fails when the tenant was removed: a later one of the same name must not get the credit.
    writes: [observeIf(tenant)],
    ledger: [{ tenant: tenant.name, at: wholeSecond(now), fact: { kind: 'credit', amount, reason } }],
    events: [{ key: keyOf(tenant), type: 'changed', message: `Credit of GBP ${amount} was granted` }],
  };
}
