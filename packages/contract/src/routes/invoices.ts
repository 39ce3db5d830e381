import { INVOICE_PHASES, Invoice, InvoiceList } from '../resources/invoice.ts';
import { oneWordOf, PAGE_QUERY } from './query.ts';
import type { Route } from './route.ts';

const COLLECTION = '/api/v1/tenants/{tenant}/invoices';

/** The routes of invoices; they can only be read. */
export const INVOICE_ROUTES = [
  {
    id: 'invoices.list',
    method: 'GET',
    path: COLLECTION,
    summary: 'List the invoices of a tenant, the newest period first. The running period is in the status of the tenant.',
    access: 'readonly',
    query: { ...PAGE_QUERY, phase: oneWordOf(INVOICE_PHASES, 'Only invoices in this phase.') },
    success: { status: 200, body: InvoiceList, etag: true },
    refusals: [404],
  },
  {
    id: 'invoices.get',
    method: 'GET',
    path: `${COLLECTION}/{name}`,
    summary: 'Read an invoice and its ETag. Each line names the events it was computed from.',
    access: 'readonly',
    success: { status: 200, body: Invoice, etag: true },
    refusals: [404],
  },
] as const satisfies readonly Route[];
