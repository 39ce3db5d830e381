import type { OperatorClock, OperatorReopening } from '@openkupe/contract/operator';
import { command } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { operate, SOCKET_FLAGS } from '../../operator/operator-call.ts';
import { CLOCK_VIEW, REOPENING_VIEW } from '../../operator/operator-views.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';

/** `GET clock` on the operator socket. */
export const operatorBillingClock = command({
  path: 'operator billing clock',
  summary: 'Show the time that bills go by, and whether a step of the wall clock is held back.',
  examples: [{ run: 'openkupe operator billing clock', why: 'after the log said that the wall clock was set' }],
  args: {},
  flags: SOCKET_FLAGS,
  formats: FORMATS,
  isRemote: false,
  run: async ({ flags }, context) => object(await operate<OperatorClock>(flags, context, { method: 'GET', path: ['clock'] }), CLOCK_VIEW),
});

/** `PUT clock` on the operator socket. */
export const operatorBillingConfirmClock = command({
  path: 'operator billing confirm-clock',
  summary: 'Confirm that the wall clock is right after a step of more than 7 days.',
  details: 'Months that are over by then are closed, and idempotency records that have expired are deleted.',
  examples: [{ run: 'openkupe operator billing confirm-clock 2026-02-10', why: 'the server did not run for more than a week' }],
  args: { day: { summary: 'The day that the wall clock of the server shows, in UTC, such as 2026-02-10.' } },
  flags: SOCKET_FLAGS,
  formats: FORMATS,
  isRemote: false,
  async run({ args, flags }, context) {
    const { day } = args;
    if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) throw misuse(`The day is "${day}"; write it as 2026-02-10.`);
    return object(await operate<OperatorClock>(flags, context, { method: 'PUT', path: ['clock'], body: { day } }), CLOCK_VIEW);
  },
});

/** `POST tenants/{tenant}/invoices/{invoice}/reopening` on the operator socket. */
export const operatorBillingReopen = command({
  path: 'operator billing reopen',
  summary: 'Undo the closing of a period, for example after a wrong clock.',
  details: 'Its invoice and all later ones of the tenant become Void, and are issued anew when it is over.',
  examples: [{ run: 'openkupe operator billing reopen acme 2026-02', why: 'a wrong clock closed the month early' }],
  args: { tenant: { summary: 'The tenant.' }, invoice: { summary: 'The first invoice that should not have been issued.' } },
  flags: SOCKET_FLAGS,
  formats: FORMATS,
  isRemote: false,
  async run({ args, flags }, context) {
    const path = ['tenants', args.tenant, 'invoices', args.invoice, 'reopening'];
    return object(await operate<OperatorReopening>(flags, context, { method: 'POST', path }), REOPENING_VIEW);
  },
});
