import { OperatorCredit, OperatorSettlement } from '@openkupe/contract';
import { grantCredit } from '../billing/credit.ts';
import { settleInvoice } from '../billing/settle-invoice.ts';
import { conflict, invalidRequest, notFound } from '../refusal.ts';
import { type OperatorRoute, withBody } from './operator-route.ts';

const grant = withBody({
  id: 'operator.credits.grant',
  method: 'POST',
  path: '/tenants/{tenant}/credits',
  body: OperatorCredit,
  status: 201,
  async run({ params, body, actor, requestId }, { store, clock }) {
    const { tenant = '' } = params;
    const result = await grantCredit(store, { tenant, ...body, actor, requestId }, clock.now());
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

/** Credit, and what became of invoices: there is no payment provider here to say so. */
export const OPERATOR_BILLING_ROUTES: readonly OperatorRoute[] = [grant, settle];
