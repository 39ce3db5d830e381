import type { InvoiceLine, Plan } from '@openkupe/contract';
import type { LedgerRow } from '../store/ledger.ts';
import type { Resource } from '../store/resource.ts';
import type { Opening } from './books.ts';
import { type Totals, totalsOf } from './invoice.ts';
import { termsOf } from './meter.ts';
import { NOTHING_MEASURED, overageLines } from './overage.ts';
import { priceLines } from './rate.ts';
import { type Tally, tally } from './tally.ts';

/** The bill of a tenant between the opening and a moment. */
export interface Draft {
  readonly tallied: Tally;
  readonly lines: readonly InvoiceLine[];
  readonly totals: Totals;
}

/** Tally, price, sum: the same for an invoice that is issued and for the estimate of the running period. Pure. */
export function draftBill(
  tenant: Resource<'tenant'>,
  bill: { readonly opening: Opening; readonly rows: readonly LedgerRow[]; readonly until: number },
  plans: readonly Plan[],
): Draft {
  const tallied = tally(bill.opening, bill.rows, bill.until, termsOf(tenant.spec.plan, plans));
  const plan = plans.find(({ name }) => name === tallied.carried.plan.name);
  const lines = [...priceLines(tallied, plans), ...(plan ? overageLines(NOTHING_MEASURED, plan, tenant.spec) : [])];
  return { tallied, lines, totals: totalsOf(lines, tallied.credit) };
}
