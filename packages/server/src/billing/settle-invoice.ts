import type { InvoicePhase } from '@openkupe/contract';
import { conflict } from '../errors/refusal.ts';
import type { Resource } from '../store/resource.ts';
import type { Change } from '../store/store.ts';
import { keyOf, observeIf } from '../store/writes.ts';

/**
 * What marks an issued invoice as paid or void, which are both final; `undefined` when it is marked so. Pure. 409 when it is in the other
 * phase already.
 */
export function settleInvoice(
  invoice: Resource<'invoice'>,
  settlement: Extract<InvoicePhase, 'Paid' | 'Void'>,
): Pick<Change, 'writes' | 'events'> | undefined {
  const { name, observed } = invoice;
  if (observed.phase === settlement) return undefined;
  if (observed.phase !== 'Finalised') throw conflict(`Invoice "${name}" is settled otherwise; what was paid or voided stays so`);
  return {
    writes: [observeIf(invoice, { phase: settlement })],
    events: [{ key: keyOf(invoice), type: 'observed', message: `Invoice "${name}" is ${settlement} now` }],
  };
}
