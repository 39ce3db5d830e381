import type { InvoicePhase } from '@openkupe/contract/resources/invoice';
import { choice, command } from '../../command.ts';
import { INVOICE_VIEW } from '../../output/billing-views.ts';
import { FORMATS } from '../../output/format.ts';
import { list, object } from '../../output/result.ts';
import { filterFlag, filterOf } from '../filter-flag.ts';
import { LIMIT_FLAG, readItems } from '../read-items.ts';

const PHASES = ['Open', 'Finalised', 'Paid', 'Void'] as const satisfies readonly InvoicePhase[];

/** `GET /tenants/{tenant}/invoices`. */
export const invoiceList = command({
  path: 'invoice list',
  summary: 'List the invoices of the tenant, the newest first.',
  examples: [
    { run: 'openkupe invoice list', why: 'what each month came to' },
    { run: 'openkupe invoice list --phase Finalised', why: 'what is to be paid' },
  ],
  args: {},
  flags: { phase: choice('phase', 'Only invoices in this phase.', PHASES), ...filterFlag(['phase']), ...LIMIT_FLAG },
  formats: FORMATS,
  isRemote: true,
  isList: true,
  async run({ flags: { phase, filter, limit } }, context) {
    return list(
      await readItems((await context.client()).invoices, filterOf(filter, { phase }), { limit, signal: context.signal }),
      INVOICE_VIEW,
    );
  },
});

/** `GET /tenants/{tenant}/invoices/{name}`. */
export const invoiceGet = command({
  path: 'invoice get',
  summary: 'Show an invoice.',
  examples: [{ run: 'openkupe invoice get 2026-03 -o json', why: 'every line, with the events it was computed from' }],
  args: { name: { summary: 'The name of the invoice, like 2026-03.', names: 'invoice' } },
  flags: {},
  formats: FORMATS,
  isRemote: true,
  next: ({ status }) => (status === 404 ? { run: 'openkupe invoice list', why: 'shows the invoices there are' } : undefined),
  async run({ args: { name } }, context) {
    return object((await (await context.client()).invoices.get(name, { signal: context.signal })).value, INVOICE_VIEW);
  },
});
