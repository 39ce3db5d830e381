import { conflict, notFound } from '../errors/refusal.ts';
import type { Closed, LedgerRow } from '../store/ledger.ts';
import type { Change, Store } from '../store/store.ts';
import { keyOf, observeIf } from '../store/writes.ts';
import { wholeSecond } from './billing-month.ts';
import { closedBy } from './open-period.ts';

const NOTHING_CLOSED: Closed = { tenantUid: '', invoice: '', until: 0, upTo: 0, isFinal: false, clusters: [], credit: '0' };
const PAGE = 1_000;

/** Every closing and reopening of a tenant, oldest first. */
async function closingsOf(store: Pick<Store, 'ledger'>, tenant: string): Promise<LedgerRow[]> {
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
 * What undoes a closing that was too early: the invoice and all later ones become Void, and their usage is in the open period again. Stale
 * if the ledger changes meanwhile. 404 for an invoice that is not there, 409 for one that is Void, or that cannot be voided because it or
 * a later one was paid.
 */
export async function reopenPeriod(
  store: Pick<Store, 'lastLedger' | 'ledger' | 'list'>,
  { tenant, invoice }: { readonly tenant: string; readonly invoice: string },
  now: number,
): Promise<Pick<Change, 'writes' | 'ledger' | 'events'> & { readonly voided: readonly string[] }> {
  const head = (await store.lastLedger(tenant))?.entry ?? 0;
  const found = beforeInvoice(await closingsOf(store, tenant), invoice);
  if (!found) throw notFound('Invoice', invoice, tenant);
  const issued = (await store.list('invoice', tenant)).filter(({ name }) => found.names.includes(name));
  if (issued.find(({ name }) => name === invoice)?.observed.phase === 'Void')
    throw conflict(`Invoice "${invoice}" is Void already; its period is billed by a later invoice`);
  const paid = issued.find(({ spec, observed }) => observed.phase === 'Paid' && spec.total !== '0.00');
  if (paid) throw conflict(`Invoice "${paid.name}" was paid, so its period stays closed; grant credit instead`);
  const unvoided = issued.filter(({ observed }) => observed.phase !== 'Void');
  return {
    voided: unvoided.map(({ name }) => name),
    writes: unvoided.map((row) => observeIf(row, { phase: 'Void' })),
    ledger: [{ tenant, at: wholeSecond(now), fact: { ...found.closed, kind: 'reopening', reopened: invoice }, follows: head }],
    events: unvoided.map((row) => ({
      key: keyOf(row),
      type: 'observed',
      message: `Invoice "${row.name}" is Void: its period was closed too early and is open again`,
    })),
  };
}
