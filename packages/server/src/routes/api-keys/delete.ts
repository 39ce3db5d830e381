import { defineHandler } from '../define-handler.ts';
import { loadApiKey } from '../load.ts';

/** The key is refused from the moment this is answered: authentication reads the store for every request. */
export const deleteApiKey = defineHandler('api-keys.delete', {
  load: async (call, { store }) => ({ key: await loadApiKey(store, call.params.tenant, call.params.id) }),
  decide(_call, { key }) {
    const { tenant, name, uid, resourceVersion } = key;
    const stored = { kind: 'api-key', tenant, name } as const;
    return {
      target: `apikeys/${name}`,
      writes: [{ verb: 'delete-if', key: stored, uid, expectedVersion: resourceVersion }],
      events: [{ key: stored, type: 'deleted', message: `API key ${name} was revoked` }],
      answer: {},
    };
  },
});
