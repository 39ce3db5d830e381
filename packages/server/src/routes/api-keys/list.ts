import { defineHandler } from '../define-handler.ts';
import { renderEach } from '../render-each.ts';
import { renderApiKey } from './render-api-key.ts';

export const listApiKeys = defineHandler('api-keys.list', {
  load: async (call, { store }) => ({ keys: await store.scan('api-key', call.params.tenant ?? '') }),
  decide: (_call, { keys }) => ({ answer: { items: renderEach(keys, renderApiKey) } }),
});
