import { defineHandler } from '../define-handler.ts';
import { loadApiKey } from '../load.ts';
import { renderApiKey } from './render-api-key.ts';

/** One key with its limits and its last use; never the key itself. */
export const getApiKey = defineHandler('api-keys.get', {
  load: async (call, { store }) => ({ key: await loadApiKey(store, call.params.tenant, call.params.id) }),
  decide: (_call, { key }) => ({ answer: { body: renderApiKey(key), tagged: key } }),
});
