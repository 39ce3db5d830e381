import { isDeepStrictEqual } from 'node:util';
import { MASKED, type Receiver } from '@openkupe/contract';
import { checkAddresses } from '../../alertmanager/check-addresses.ts';
import { restore } from '../../alertmanager/restore.ts';
import { RECEIVER } from '../../alertmanager/shapes.ts';
import { invalidRequest } from '../../errors/refusal.ts';
import { loadPlatform } from '../../platform/platform.ts';
import { defineHandler } from '../define-handler.ts';
import { planOf } from '../tenants/plan-of.ts';
import { changeDocument, changedAtOf, loadForWrite, openDocument, preconditionOf, receiverChangedAt, shownTo, tagOf } from './document.ts';

const byName = (one: Receiver, other: Receiver) => ((one.name ?? '') < (other.name ?? '') ? -1 : 1);

/** Makes or replaces a receiver, at most as many as the plan allows. `<secret>` in it stands for what is stored. */
export const putReceiver = defineHandler('alertmanager.receivers.put', {
  async load(call, deps) {
    const state = { ...(await loadForWrite(call, deps.store)), platform: await loadPlatform(deps) };
    const { receiver: name = '' } = call.params;
    const { name: tenant } = state.tenant;
    if (Object.hasOwn(changedAtOf(state.row).receivers, name)) {
      return { ...state, name, precondition: preconditionOf(tenant, state.row, receiverChangedAt(state.row, tenant, name)) };
    }
    return { ...state, name, precondition: { ...preconditionOf(tenant, state.row, 0), missing: { what: 'Receiver', name } } };
  },
  decide(call, { tenant, row, name, platform }, deps) {
    const document = openDocument(row, deps);
    const before = document.receivers.find((one) => one.name === name);
    // NOTE: `<secret>` stands for what is stored, and is never stored itself.
    if (name === MASKED) throw invalidRequest(`A receiver cannot be called "${MASKED}"; choose another name`);
    const receiver: Receiver = { ...restore({ ...call.body, name }, before, RECEIVER), name };
    checkAddresses(receiver, '', RECEIVER);
    const body = shownTo(call, deps, receiver, RECEIVER);
    if (before && isDeepStrictEqual(receiver, before)) return { answer: { body, tagged: tagOf(row) } };
    const { maxReceivers } = planOf(tenant, platform.plans).observabilityPool;
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
      deps,
    );
  },
});
