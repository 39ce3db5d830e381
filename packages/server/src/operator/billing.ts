import { formatTime, type OperatorClock, OperatorClockConfirmation, OperatorCredit, OperatorSettlement } from '@openkupe/contract';
import { grantCredit } from '../billing/credit.ts';
import { reopenPeriod } from '../billing/reopen-period.ts';
import { settleInvoice } from '../billing/settle-invoice.ts';
import { conflict, invalidRequest, notFound } from '../errors/refusal.ts';
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
  async run({ params, body, actor, requestId }, { store, confirmedTime }) {
    const { tenant = '' } = params;
    const result = await grantCredit(store, { tenant, ...body, actor, requestId }, confirmedTime.now());
    if (result === 'missing') throw notFound('Tenant', tenant);
    if (result === 'not-an-amount') {
      throw invalidRequest(`amount must be above 0 and at most 1000000, with at most two places, not ${JSON.stringify(body.amount)}`);
    }
    return { tenant, ...body };
  },
});

const settle = withBody({
  id: 'operator.invoices.settle',
  method: 'PUT',
  path: '/tenants/{tenant}/invoices/{name}/phase',
  body: OperatorSettlement,
  status: 200,
  async run({ params, body, actor, requestId }, { store, clock }) {
    const { tenant = '', name = '' } = params;
    const result = await settleInvoice(store, { tenant, name }, body.phase, { actor, requestId, now: clock.now() });
    if (result === 'missing') throw notFound('Invoice', name, tenant);
    if (result === 'refused') throw conflict(`Invoice "${name}" is settled otherwise; what was paid or voided stays so`);
    return { tenant, name, phase: body.phase };
  },
});

const reopen: OperatorRoute = {
  id: 'operator.invoices.reopen',
  method: 'POST',
  path: '/tenants/{tenant}/invoices/{name}/reopening',
  status: 200,
  async run({ params, actor, requestId }, { store, confirmedTime }) {
    const { tenant = '', name = '' } = params;
    const result = await reopenPeriod(store, { tenant, invoice: name }, { actor, requestId, now: confirmedTime.now() });
    switch (result.outcome) {
      case 'tenant-missing':
        throw notFound('Tenant', tenant);
      case 'missing':
        throw notFound('Invoice', name, tenant);
      case 'already-void':
        throw conflict(`Invoice "${name}" is Void already; its period is billed by a later invoice`);
      case 'paid':
        throw conflict(`Invoice "${result.invoice}" was paid, so its period stays closed; grant credit instead`);
      case 'reopened':
        return { tenant, reopened: name, voided: result.voided };
    }
  },
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
    await change(call, ports, async () => ({ tenant: PLATFORM_AUDIT, target: `clock/${today}`, writes: [] }));
    ports.confirmedTime.confirm();
    await ports.store.keepKnownTime(ports.confirmedTime.known());
    return clockNow(ports);
  },
});

/** Credit, what became of invoices (there is no payment provider here to say so), and the time that both go by. */
export const OPERATOR_BILLING_ROUTES: readonly OperatorRoute[] = [grant, settle, reopen, showClock, confirmClock];
