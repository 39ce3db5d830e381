import { addMoney, compareMoney, formatMoney, type InvoiceLine, type Money, moneyOf, NO_MONEY, subtractMoney } from '@openkupe/contract';
import type { InvoiceSpec } from '../store/resource.ts';

/** The sums of a bill: GBP with two places. */
export interface Totals extends Pick<InvoiceSpec, 'subtotal' | 'creditsApplied' | 'total'> {
  /** Credit that is left, with all its places. */
  readonly creditLeft: string;
}

const smaller = (left: Money, right: Money) => (compareMoney(left, right) < 0 ? left : right);

/** Adds the rounded costs that the lines show, so that the bill adds up, and subtracts credit down to 0. */
export function totalsOf(lines: readonly InvoiceLine[], credit: Money): Totals {
  const subtotal = lines.map(({ cost }) => moneyOf(cost)).reduce(addMoney, NO_MONEY);
  const applied = smaller(subtotal, credit);
  return {
    subtotal: formatMoney(subtotal, 2),
    creditsApplied: formatMoney(applied, 2),
    total: formatMoney(subtractMoney(subtotal, applied), 2),
    creditLeft: formatMoney(subtractMoney(credit, applied), 2),
  };
}
