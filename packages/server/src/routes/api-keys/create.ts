import { defineHandler } from '../define-handler.ts';
import { loadTenant } from '../load.ts';
import { refuseMoreThanOwn } from './check-limits.ts';
import { checkNewKey } from './check-new-key.ts';
import { issueKey } from './issue-key.ts';

/** The answer is the only one that shows the key itself. */
export const createApiKey = defineHandler('api-keys.create', {
  load: async (call, { store }) => ({
    tenant: loadTenant(call),
    keys: await store.keys('api-key', call.params.tenant),
  }),
  decide(call, loaded, deps) {
    checkNewKey(call.body, call.now);
    refuseMoreThanOwn(call.principal, call.body);
    const spec = { ...call.body, createdBy: call.principal.email };
    const { id, text, writes, events, body } = issueKey(loaded, spec, 'created', deps, call.now);
    return { target: `apikeys/${id}`, writes, events, answer: { body: { ...body, key: call.isValidation ? '' : text } } };
  },
});
