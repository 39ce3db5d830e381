import { defineHandler } from '../define-handler.ts';
import { loadTenant } from '../load.ts';
import { renderEach } from '../render-each.ts';
import { renderInvoice } from './render-invoice.ts';

/** Newest period first; what an earlier tenant of the same name was billed is not shown. */
export const listInvoices = defineHandler('invoices.list', {
  async load(call, { store }) {
    const tenant = loadTenant(call);
    const invoices = await store.list('invoice', tenant.name);
    return { invoices: invoices.filter(({ spec }) => spec.tenantUid === tenant.uid) };
  },
  decide(_call, { invoices }) {
    const newestFirst = invoices.toSorted((a, b) => b.spec.billedUntil - a.spec.billedUntil);
    return { answer: { items: renderEach(newestFirst, renderInvoice) } };
  },
});
