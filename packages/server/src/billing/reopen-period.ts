import { commitInRounds } from '../store/commit.ts';
import type { Closed, LedgerRow } from '../store/ledger.ts';
import type { Store } from '../store/store.ts';
import { keyOf, observeIf } from '../store/writes.ts';
import { wholeSecond } from './billing-month.ts';
import { closedBy } from './open-period.ts';

const NOTHING_CLOSED: Closed = { tenantUid: '', invoice: '', until: 0, upTo: 0, isFinal: false, clusters: [], credit: '0' };
const PAGE = 1_000;

/** The outcome of a reopening. `paid` names an invoice that was paid for and therefore cannot be voided. */
export type Reopening =
  | { readonly outcome: 'reopened'; readonly voided: readonly string[] }
  | { readonly outcome: 'missing' | 'tenant-missing' | 'already-void' }
  | { readonly outcome: 'paid'; readonly invoice: string };

/** Every closing and reopening of a tenant, oldest first. */
async function closingsOf(store: Store, tenant: string): Promise<LedgerRow[]> {
  const closings: LedgerRow[] = [];
  for (let entry = 0; ; ) {
    const page = await store.ledger(tenant, entry, PAGE);
    closings.push(...page.filter((row) => closedBy(row) !== undefined));
    if (page.length < PAGE) return closings;
    entry = page.at(-1)?.entry ?? entry;
  }
}

/** The closing before the invoice, and the names of that invoice and of all later ones. */
function beforeInvoice(closings: readonly LedgerRow[], invoice: string): { closed: Closed; names: string[] } | undefined {
  const at = closings.findIndex(({ fact }) => fact.kind === 'closing' && fact.invoice === invoice);
  const before = at > 0 ? closings[at - 1] : undefined;
  if (at === -1) return undefined;
  const names = closings.slice(at).flatMap(({ fact }) => (fact.kind === 'closing' ? [fact.invoice] : []));
  return { closed: (before && closedBy(before)) ?? NOTHING_CLOSED, names };
}

/**
 * Undoes a closing that was too early: the invoice and all later ones become Void, and their usage is in the open period again. One
 * transaction with its audit row; if the ledger changed meanwhile, it is read and decided again.
 */
export async function reopenPeriod(
  store: Store,
  { tenant, invoice }: { readonly tenant: string; readonly invoice: string },
  by: { readonly actor: string; readonly requestId: string; readonly now: number },
): Promise<Reopening> {
  return commitInRounds(`reopen invoice "${invoice}" of tenant "${tenant}"`, async (): Promise<Reopening | undefined> => {
    if (!(await store.get({ kind: 'tenant', tenant, name: tenant }))) return { outcome: 'tenant-missing' };
    const head = (await store.lastLedger(tenant))?.entry ?? 0;
    const found = beforeInvoice(await closingsOf(store, tenant), invoice);
    if (!found) return { outcome: 'missing' };
    const issued = (await store.list('invoice', tenant)).filter(({ name }) => found.names.includes(name));
    if (issued.find(({ name }) => name === invoice)?.observed.phase === 'Void') return { outcome: 'already-void' };
    const paid = issued.find(({ spec, observed }) => observed.phase === 'Paid' && spec.total !== '0.00');
    if (paid) return { outcome: 'paid', invoice: paid.name };
    const unvoided = issued.filter(({ observed }) => observed.phase !== 'Void');
    const { actor, requestId, now } = by;
    const { outcome } = await store.commit({
      at: now,
      writes: unvoided.map((invoice) => observeIf(invoice, { phase: 'Void' })),
      ledger: [{ tenant, at: wholeSecond(now), fact: { ...found.closed, kind: 'reopening', reopened: invoice }, follows: head }],
      audit: { tenant, actor, action: 'operator.invoices.reopen', target: `invoices/${invoice}`, requestId },
      events: unvoided.map((issued) => ({
        key: keyOf(issued),
        type: 'observed' as const,
        message: `Invoice "${issued.name}" is Void: its period was closed too early and is open again`,
      })),
    });
    return outcome === 'written' ? { outcome: 'reopened', voided: unvoided.map(({ name }) => name) } : undefined;
  });
}
