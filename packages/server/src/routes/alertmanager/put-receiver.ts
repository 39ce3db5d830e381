import { isDeepStrictEqual } from 'node:util';
import { MASKED, type Receiver } from '@openkupe/contract';
import { checkAddresses } from '../../alertmanager/check-addresses.ts';
import { restore } from '../../alertmanager/restore.ts';
import { RECEIVER } from '../../alertmanager/shapes.ts';
import { invalidRequest } from '../../errors/refusal.ts';
import { defineHandler } from '../../pipeline/handler.ts';
import { planOf } from '../tenants/plan-of.ts';
import { changeDocument, changedAtOf, guardOf, loadForWrite, openDocument, receiverChangedAt, shownTo, tagOf } from './document.ts';

const byName = (one: Receiver, other: Receiver) => ((one.name ?? '') < (other.name ?? '') ? -1 : 1);

export const putReceiver = defineHandler('alertmanager.receivers.put', {
  async load(call, store) {
    const state = await loadForWrite(call, store);
    const { receiver: name = '' } = call.params;
    const { name: tenant } = state.tenant;
    if (Object.hasOwn(changedAtOf(state.row).receivers, name)) {
      return { ...state, name, guard: guardOf(tenant, state.row, receiverChangedAt(state.row, tenant, name)) };
    }
    return { ...state, name, guard: { ...guardOf(tenant, state.row, 0), missing: { what: 'Receiver', name } } };
  },
  decide(call, { tenant, row, name }, means) {
    const document = openDocument(row, means);
    const before = document.receivers.find((one) => one.name === name);
    // NOTE: `<secret>` stands for what is stored, and is never stored itself.
    if (name === MASKED) throw invalidRequest(`A receiver cannot be called "${MASKED}"; choose another name`);
    const receiver: Receiver = { ...restore({ ...call.body, name }, before, RECEIVER), name };
    checkAddresses(receiver, '', RECEIVER);
    const body = shownTo(call, means, receiver, RECEIVER);
    if (before && isDeepStrictEqual(receiver, before)) return { answer: { body, tagged: tagOf(row) } };
    const { maxReceivers } = planOf(tenant, means.plans).observabilityPool;
    if (!before && document.receivers.length >= maxReceivers) {
      throw invalidRequest(`Plan "${tenant.spec.plan}" allows ${maxReceivers} receivers; delete one or change the plan`, 'receiver-limit');
    }
    const others = document.receivers.filter((one) => one.name !== name);
    return changeDocument(
      {
        tenant,
        row,
        next: { ...document, receivers: [...others, receiver].sort(byName) },
        moved: (change) => ({ receivers: { ...changedAtOf(row).receivers, ...Object.fromEntries([[name, change]]) } }),
        target: `receivers/${name}`,
        message: `Receiver "${name}" was ${before ? 'replaced' : 'made'}`,
        body,
      },
      means,
    );
  },
});
