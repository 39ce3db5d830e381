import type { InvoiceLine, Plan } from '@openkupe/contract';
import type { LedgerRow } from '../store/ledger.ts';
import type { Resource } from '../store/resource.ts';
import { aggregateUsage, type Usage } from './aggregate-usage.ts';
import { type Totals, totalsOf } from './invoice-totals.ts';
import { termsOf } from './ledger-entries.ts';
import type { Opening } from './open-period.ts';
import { NOTHING_MEASURED, overageLines } from './overage.ts';
import { priceLines } from './price-lines.ts';

/** A bill that is not issued yet: usage, priced lines, totals. */
export interface DraftBill {
  readonly usage: Usage;
  readonly lines: readonly InvoiceLine[];
  readonly totals: Totals;
}

/** Aggregates, prices and sums, alike for an invoice that is issued and for the estimate of the running period. Pure. */
export function draftBill(
  tenant: Resource<'tenant'>,
  bill: { readonly opening: Opening; readonly rows: readonly LedgerRow[]; readonly until: number },
  plans: readonly Plan[],
): DraftBill {
  const usage = aggregateUsage(bill.opening, bill.rows, bill.until, termsOf(tenant.spec.plan, plans));
  const plan = plans.find(({ name }) => name === usage.carried.plan.name);
  const lines = [...priceLines(usage, plans), ...(plan ? overageLines(NOTHING_MEASURED, plan, tenant.spec) : [])];
  return { usage, lines, totals: totalsOf(lines, usage.credit) };
}
