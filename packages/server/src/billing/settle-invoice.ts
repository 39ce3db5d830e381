import { type InvoicePhase, LIMITS } from '@openkupe/contract';
import type { Store } from '../store/store.ts';

/** The phases that an operator can set on an issued invoice. Both are final. */
export type Settlement = Extract<InvoicePhase, 'Paid' | 'Void'>;

/** Marks an issued invoice as paid or void. Idempotent; `refused` when it is in the other phase already. */
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
