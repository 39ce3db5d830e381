import { defineHandler } from '../../pipeline/handler.ts';
import { renderApiKey } from './render-api-key.ts';

export const listApiKeys = defineHandler('api-keys.list', {
  load: async (call, store) => ({ keys: await store.list('api-key', call.params.tenant) }),
  decide: (_call, { keys }) => ({ answer: { body: { items: keys.map(renderApiKey) } } }),
});
