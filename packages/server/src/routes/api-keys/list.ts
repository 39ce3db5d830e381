import { defineHandler } from '../define-handler.ts';
import { renderEach } from '../render-each.ts';
import { renderApiKey } from './render-api-key.ts';

/** Every key of the tenant, expired ones too; never the key itself. */
export const listApiKeys = defineHandler('api-keys.list', {
  load: async (call, { store }) => ({ keys: (await store.scan('api-key', call.params.tenant ?? '')).rows }),
  decide: (_call, { keys }) => ({ answer: { items: renderEach(keys, renderApiKey) } }),
});
