import { CURRENCY, formatTime, type Invoice } from '@openkupe/contract';
import type { Resource } from '../../store/resource.ts';

/** A stored invoice as the API shows it. */
export function renderInvoice(invoice: Resource<'invoice'>): Invoice {
  const { spec, observed } = invoice;
  return {
    name: invoice.name,
    billingPeriod: { start: formatTime(spec.periodStart), end: formatTime(spec.periodEnd) },
    createdAt: formatTime(invoice.createdAt),
    resourceVersion: invoice.resourceVersion,
    status: {
      phase: observed.phase,
      lineItems: spec.lines,
      subtotal: spec.subtotal,
      creditsApplied: spec.creditsApplied,
      total: spec.total,
      currency: CURRENCY,
      issuedAt: formatTime(spec.issuedAt),
      billedUntil: formatTime(spec.billedUntil),
      tax: '0.00',
    },
  };
}
