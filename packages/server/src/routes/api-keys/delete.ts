import { deleteIf, keyOf } from '../../store/writes.ts';
import { defineHandler } from '../define-handler.ts';
import { loadApiKey } from '../load.ts';

/** The key is refused from the moment this is answered: authentication reads the store for every request. */
export const deleteApiKey = defineHandler('api-keys.delete', {
  load: async (call, { store }) => ({ key: await loadApiKey(store, call.params.tenant, call.params.id) }),
  decide(_call, { key }) {
    return {
      target: `apikeys/${key.name}`,
      writes: [deleteIf(key)],
      events: [{ key: keyOf(key), type: 'deleted', message: `API key ${key.name} was revoked` }],
      answer: {},
    };
  },
});
