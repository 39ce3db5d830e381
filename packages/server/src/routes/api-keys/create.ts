import { newApiKey } from '../../auth/new-api-key.ts';
import { invalidField } from '../../errors/refusal.ts';
import { afterWrite, observeIf } from '../../store/writes.ts';
import { defineHandler } from '../define-handler.ts';
import { loadTenant } from '../load.ts';
import { checkExpiry, checkRoomForKey } from './check-key.ts';
import { renderApiKey } from './render-api-key.ts';

/** An id that is taken (they are short) loses the commit, and the next round makes another key. */
export const createApiKey = defineHandler('api-keys.create', {
  load: async (call, { store }) => ({
    tenant: loadTenant(call),
    keys: await store.keys('api-key', call.params.tenant),
  }),
  decide(call, { tenant, keys }, deps) {
    const { displayName, role, expiresAt } = call.body;
    if (expiresAt) checkExpiry(expiresAt, call.now);
    if (displayName.trim() === '') throw invalidField('displayName', 'displayName must not be blank');
    checkRoomForKey(tenant, keys);
    const { id, text, write } = newApiKey(deps, tenant.name, { displayName, role, expiresAt, createdBy: call.principal.email });
    return {
      target: `apikeys/${id}`,
      // NOTE: of two creates that counted the same keys one counts again, and none makes a key of another tenant with the same name.
      writes: [write, observeIf(tenant)],
      events: [{ key: write.key, type: 'created', message: `API key ${id} was created with role ${role}` }],
      answer: { body: { ...renderApiKey(afterWrite(write, call.now)), key: call.isValidation ? '' : text } },
    };
  },
});
