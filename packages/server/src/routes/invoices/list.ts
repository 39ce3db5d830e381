import type { Resource } from '../../store/resource.ts';
import { defineHandler } from '../define-handler.ts';
import { loadTenant } from '../load.ts';
import { firstPage, positionIn } from '../read-page.ts';
import { renderEach } from '../render-each.ts';
import { renderInvoice } from './render-invoice.ts';

/** The place of an invoice in its list: larger for a newer one. */
const placeOf = ({ name, spec }: Resource<'invoice'>) => `${String(spec.billedUntil).padStart(16, '0')}-${name}`;

/** Newest period first; what an earlier tenant of the same name was billed is not shown. All are read for a page: there is one a month. */
export const listInvoices = defineHandler('invoices.list', {
  async load(call, { store }) {
    const tenant = loadTenant(call);
    const { version, rows } = await store.scan('invoice', tenant.name);
    return { version: `${version}-${tenant.uid}`, invoices: [...rows].filter(({ spec }) => spec.tenantUid === tenant.uid) };
  },
  decide({ query }, { invoices, version }) {
    const after = positionIn('invoice', query);
    const newestFirst = invoices.toSorted((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1));
    const behind = newestFirst.filter((invoice) => after === undefined || placeOf(invoice) < after);
    const page = firstPage('invoice', behind, query, placeOf, ({ observed }) => (query.phase ?? observed.phase) === observed.phase);
    return { answer: { ...page, items: renderEach(page.rows, renderInvoice), tagged: { resourceVersion: version, observation: 0 } } };
  },
});
