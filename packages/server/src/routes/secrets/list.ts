import { defineHandler } from '../define-handler.ts';
import { renderEach } from '../render-each.ts';
import { renderSecret } from './render-secret.ts';

/** Every secret of the tenant by name. */
export const listSecrets = defineHandler('secrets.list', {
  load: async (call, { store }) => ({ secrets: (await store.scan('secret', call.params.tenant ?? '')).rows }),
  decide: (_call, { secrets }) => ({ answer: { items: renderEach(secrets, renderSecret) } }),
});
