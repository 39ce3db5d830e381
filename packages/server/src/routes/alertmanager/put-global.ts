import { isDeepStrictEqual } from 'node:util';
import { checkAddresses } from '../../alertmanager/check-addresses.ts';
import { isDuration } from '../../alertmanager/check-routes.ts';
import { restore } from '../../alertmanager/restore.ts';
import { GLOBAL } from '../../alertmanager/shapes.ts';
import { invalidField } from '../../errors/refusal.ts';
import { defineHandler } from '../define-handler.ts';
import { changeDocument, changedAtOf, loadForWrite, openDocument, preconditionOf, shownTo, tagOf } from './document.ts';

/** Replaces the global section. `<secret>` in it stands for what is stored. */
export const putAlertmanagerGlobal = defineHandler('alertmanager.global.put', {
  async load(call, { store }) {
    const state = await loadForWrite(call, store);
    return { ...state, precondition: preconditionOf(state.tenant.name, state.row, changedAtOf(state.row).global) };
  },
  decide(call, { tenant, row }, deps) {
    const document = openDocument(row, deps);
    const global = restore(call.body, document.global, GLOBAL);
    checkAddresses(global, '', GLOBAL);
    const { resolve_timeout: timeout } = global;
    if (timeout !== undefined && !(typeof timeout === 'string' && isDuration(timeout))) {
      throw invalidField('resolve_timeout', 'resolve_timeout must be a duration such as "30s", "5m" or "1h30m"');
    }
    const body = shownTo(call, deps, global, GLOBAL);
    if (isDeepStrictEqual(global, document.global)) return { answer: { body, tagged: tagOf(row) } };
    return changeDocument(
      {
        tenant,
        row,
        next: { ...document, global },
        moved: (change) => ({ global: change }),
        target: 'global',
        message: 'The global alert settings were changed',
        body,
      },
      deps,
    );
  },
});
