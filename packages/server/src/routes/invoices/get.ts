import { notFound } from '../../errors/refusal.ts';
import { defineHandler } from '../define-handler.ts';
import { loadTenant } from '../load.ts';
import { renderInvoice } from './render-invoice.ts';

/** One invoice. Those of an earlier tenant of the same name are 404. */
export const getInvoice = defineHandler('invoices.get', {
  async load(call, { store }) {
    const { name = '' } = call.params;
    const tenant = loadTenant(call);
    const invoice = await store.get({ kind: 'invoice', tenant: tenant.name, name });
    if (invoice?.spec.tenantUid !== tenant.uid) throw notFound('Invoice', name, tenant.name);
    return { invoice };
  },
  decide: (_call, { invoice }) => ({ answer: { body: renderInvoice(invoice), tagged: invoice } }),
});
