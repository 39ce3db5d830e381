import type { Static } from 'typebox';
import { oneOf, pageOf, Time } from './schema.ts';
import { Type } from './type.ts';

/** Decimal text with two places. */
export const Amount = Type.String({ pattern: '^-?\\d+\\.\\d{2}$', examples: ['156.15'] });

/** What an invoice line can charge for. */
export const LINE_KINDS = ['platform-fee', 'cpu', 'memory', 'storage', 'high-availability', 'metrics-overage', 'log-overage'] as const;
/** One of {@link LINE_KINDS}. */
export type LineKind = (typeof LINE_KINDS)[number];

/** Schema of an interval of a line in which the billed amount did not change, with the billing event that set it. */
export const LineSegment = Type.Object({
  from: Time,
  to: Time,
  amount: Type.String({ description: 'What was billed for during the interval, in the unit of the line.', examples: ['4'] }),
  event: Type.Optional(Type.String({ description: 'The event that set the amount; absent where the plan of the tenant did.' })),
});
/** An interval of a line in which its billed amount was constant. */
export type LineSegment = Static<typeof LineSegment>;

/** One line of a bill, with all that is needed to compute it again: cost = sum of (seconds × amount) / seconds per unit × unitPrice. */
export const InvoiceLine = Type.Object({
  kind: oneOf(LINE_KINDS, 'What is charged for.'),
  description: Type.String(),
  cluster: Type.Optional(Type.String({ description: 'The name of the cluster.' })),
  clusterUid: Type.Optional(Type.String({ description: 'Tells two clusters of one name apart.' })),
  plan: Type.Optional(Type.String()),
  seconds: Type.Integer({ description: 'How long it was billed.' }),
  quantity: Type.String({ description: 'Billed units, six places.', examples: ['2976.000000'] }),
  unit: Type.String({ examples: ['core-hour'] }),
  secondsPerUnit: Type.Integer({ description: '3600 for an hour; the seconds of the month for a month that is paid by time.' }),
  unitPrice: Type.String({ examples: ['0.030'] }),
  exactCost: Type.String({ description: 'The cost before it is rounded, six places.', examples: ['0.011600'] }),
  cost: Amount,
  events: Type.Array(Type.String(), { description: 'The billing events that the line was computed from.' }),
  segments: Type.Array(LineSegment),
});
/** One line of a bill. */
export type InvoiceLine = Static<typeof InvoiceLine>;

/** The phases of an invoice, as the API names them. The server issues none as `Open`. */
export const INVOICE_PHASES = ['Open', 'Finalised', 'Paid', 'Void'] as const;
/** One of {@link INVOICE_PHASES}. */
export type InvoicePhase = (typeof INVOICE_PHASES)[number];

/** Schema of an invoice in an answer. */
export const Invoice = Type.Object({
  name: Type.String({ description: 'Year and month of the billing period; treat it as opaque.', examples: ['2026-03'] }),
  billingPeriod: Type.Object({ start: Time, end: Time }),
  createdAt: Time,
  resourceVersion: Type.String(),
  status: Type.Object({
    phase: oneOf(INVOICE_PHASES, 'Finalised until it is paid; nothing to pay counts as paid.'),
    lineItems: Type.Array(InvoiceLine),
    subtotal: Amount,
    creditsApplied: Amount,
    total: Amount,
    currency: Type.Literal('GBP'),
    issuedAt: Time,
    billedUntil: Time,
    tax: Type.String({ description: 'Always 0.00: amounts exclude VAT, which the payment provider adds.', examples: ['0.00'] }),
  }),
});
/** The bill for one month of a tenant. */
export type Invoice = Static<typeof Invoice>;

/** Schema of the answer that lists the invoices of a tenant, the newest period first. */
export const InvoiceList = pageOf(Invoice);
