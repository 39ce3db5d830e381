import type { InvoicePhase } from '@openkupe/contract';
import { commitInRounds } from '../store/commit.ts';
import type { Store } from '../store/store.ts';
import { observeIf } from '../store/writes.ts';

/** The phases that an operator can set on an issued invoice. Both are final. */
export type Settlement = Extract<InvoicePhase, 'Paid' | 'Void'>;

/** Marks an issued invoice as paid or void. Idempotent; `refused` when it is in the other phase already. */
export async function settleInvoice(
  store: Store,
  invoice: { readonly tenant: string; readonly name: string },
  settlement: Settlement,
  by: { readonly actor: string; readonly requestId: string; readonly now: number },
): Promise<'settled' | 'refused' | 'missing'> {
  const { tenant, name } = invoice;
  const { actor, requestId, now } = by;
  const key = { kind: 'invoice', tenant, name } as const;
  return commitInRounds(`settle invoice "${name}"`, async () => {
    const found = await store.get(key);
    if (!found) return 'missing';
    if (found.observed.phase === settlement) return 'settled';
    if (found.observed.phase !== 'Finalised') return 'refused';
    const { outcome } = await store.commit({
      at: now,
      writes: [observeIf(found, { phase: settlement })],
      audit: { tenant, actor, action: 'operator.invoices.settle', target: `invoices/${name}`, requestId },
      events: [{ key, type: 'observed', message: `Invoice "${name}" is ${settlement} now` }],
    });
    return outcome === 'written' ? 'settled' : undefined;
  });
}
