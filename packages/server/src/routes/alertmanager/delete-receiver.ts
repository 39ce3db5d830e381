import { namesReceiver } from '../../alertmanager/check-routes.ts';
import { conflict } from '../../errors/refusal.ts';
import { defineHandler } from '../define-handler.ts';
import { changeDocument, changedAtOf, loadForWrite, openDocument, preconditionOf, receiverChangedAt } from './document.ts';

/** 409 `receiver-referenced` while a route names the receiver. */
export const deleteReceiver = defineHandler('alertmanager.receivers.delete', {
  async load(call, { store }) {
    const state = await loadForWrite(call, store);
    const { receiver: name = '' } = call.params;
    const since = receiverChangedAt(state.row, state.tenant.name, name);
    return { ...state, name, precondition: preconditionOf(state.tenant.name, state.row, since) };
  },
  decide(_call, { tenant, row, name }, deps) {
    const document = openDocument(row, deps);
    if (namesReceiver(document.routes, name)) {
      throw conflict(`Receiver "${name}" is named by a route; change the routes first`, 'receiver-referenced');
    }
    const others = Object.entries(changedAtOf(row).receivers).filter(([other]) => other !== name);
    return changeDocument(
      {
        tenant,
        row,
        next: { ...document, receivers: document.receivers.filter((one) => one.name !== name) },
        moved: () => ({ receivers: Object.fromEntries(others) }),
        target: `receivers/${name}`,
        message: `Receiver "${name}" was deleted`,
      },
      deps,
    );
  },
});
