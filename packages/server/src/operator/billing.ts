import { formatTime, type OperatorClock, OperatorClockConfirmation, OperatorCredit, OperatorSettlement } from '@openkupe/contract';
import { grantCredit } from '../billing/credit.ts';
import { reopenPeriod } from '../billing/reopen-period.ts';
import { settleInvoice } from '../billing/settle-invoice.ts';
import { conflict, notFound } from '../errors/refusal.ts';
import { readTenant } from '../routes/load.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';
import { dayOf, describeHeldStep } from '../time/describe-held-step.ts';
import { change, PLATFORM_AUDIT } from './change.ts';
import { type OperatorRoute, withBody } from './operator-route.ts';

const grant = withBody({
  id: 'operator.credits.grant',
  method: 'POST',
  path: '/tenants/{tenant}/credits',
  body: OperatorCredit,
  status: 201,
  run: (call, ports) =>
    change(call, ports, async () => {
      const row = await readTenant(ports.store, call.params.tenant);
      const granted = grantCredit(row, call.body, ports.confirmedTime.now());
      return { tenant: row.name, target: `tenants/${row.name}`, ...granted, shown: { tenant: row.name, ...call.body } };
    }),
});

const settle = withBody({
  id: 'operator.invoices.settle',
  method: 'PUT',
  path: '/tenants/{tenant}/invoices/{name}/phase',
  body: OperatorSettlement,
  status: 200,
  run: (call, ports) =>
    change(call, ports, async () => {
      const { tenant = '', name = '' } = call.params;
      const { phase } = call.body;
      const invoice = await ports.store.get({ kind: 'invoice', tenant, name });
      if (!invoice) throw notFound('Invoice', name, tenant);
      const fields = [{ pointer: '#/status/phase', before: invoice.observed.phase, after: phase }];
      return { tenant, target: `invoices/${name}`, ...settleInvoice(invoice, phase), fields, shown: { tenant, name, phase } };
    }),
});

const reopen: OperatorRoute = {
  id: 'operator.invoices.reopen',
  method: 'POST',
  path: '/tenants/{tenant}/invoices/{name}/reopening',
  status: 200,
  run: (call, ports) =>
    change(call, ports, async () => {
      const { name: tenant } = await readTenant(ports.store, call.params.tenant);
      const { name: invoice = '' } = call.params;
      const { voided, ...changed } = await reopenPeriod(ports.store, { tenant, invoice }, ports.confirmedTime.now());
      return { tenant, target: `invoices/${invoice}`, ...changed, shown: { tenant, reopened: invoice, voided } };
    }),
};

function clockNow({ confirmedTime, clock }: { confirmedTime: ConfirmedTime; clock: { now(): number } }): OperatorClock {
  const step = confirmedTime.heldStep();
  return {
    wallTime: formatTime(clock.now()),
    billedTime: formatTime(confirmedTime.now()),
    state: step ? 'held' : 'ok',
    message: step ? describeHeldStep(step) : '',
  };
}

const showClock: OperatorRoute = {
  id: 'operator.clock.show',
  method: 'GET',
  path: '/clock',
  status: 200,
  run: async (_call, ports) => clockNow(ports),
};

const confirmClock = withBody({
  id: 'operator.clock.confirm',
  method: 'PUT',
  path: '/clock',
  body: OperatorClockConfirmation,
  status: 200,
  async run(call, ports) {
    const today = dayOf(ports.clock.now());
    if (call.body.day !== today)
      throw conflict(`The wall clock of the server says ${today}, not ${call.body.day}; correct the clock, or confirm ${today}`);
    await change(call, ports, async () => ({ tenant: PLATFORM_AUDIT, target: `clock/${today}`, writes: [], shown: undefined }));
    ports.confirmedTime.confirm();
    await ports.store.keepKnownTime(ports.confirmedTime.known());
    return clockNow(ports);
  },
});

/** Credit, what became of invoices (there is no payment provider here to say so), and the time that both go by. */
export const OPERATOR_BILLING_ROUTES: readonly OperatorRoute[] = [grant, settle, reopen, showClock, confirmClock];
