import { type InvoicePhase, LIMITS } from '@openkupe/contract';
import type { Store } from '../store/store.ts';

/** What an operator, or whoever takes payments, can make of an issued invoice. What was paid or voided stays so. */
export type Settlement = Extract<InvoicePhase, 'Paid' | 'Void'>;

/** Marks an issued invoice. Repeating it is `settled` again; `refused` when it was settled otherwise. */
export async function settleInvoice(
  store: Store,
  invoice: { readonly tenant: string; readonly name: string },
  settlement: Settlement,
  by: { readonly actor: string; readonly requestId: string; readonly now: number },
): Promise<'settled' | 'refused' | 'missing'> {
  const key = { kind: 'invoice', ...invoice } as const;
  for (let round = 0; round < LIMITS.commitRounds; round += 1) {
    const found = await store.get(key);
    if (!found) return 'missing';
    if (found.observed.phase === settlement) return 'settled';
    if (found.observed.phase !== 'Finalised') return 'refused';
    const { outcome } = await store.commit({
      at: by.now,
      writes: [{ verb: 'observe-if', key, uid: found.uid, expectedObservation: found.observation, observed: { phase: settlement } }],
      audit: {
        tenant: invoice.tenant,
        actor: by.actor,
        action: 'operator.invoices.settle',
        target: `invoices/${invoice.name}`,
        requestId: by.requestId,
      },
      events: [{ key, type: 'observed', message: `Invoice "${invoice.name}" is ${settlement} now` }],
    });
    if (outcome === 'written') return 'settled';
  }
  throw new Error(`Cannot settle invoice "${invoice.name}": it changed in every round`);
}
