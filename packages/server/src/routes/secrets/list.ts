import { defineHandler } from '../../pipeline/handler.ts';
import { renderSecret } from './render-secret.ts';

export const listSecrets = defineHandler('secrets.list', {
  load: async (call, store) => ({ secrets: await store.list('secret', call.params.tenant) }),
  decide: (_call, { secrets }) => ({ answer: { body: { items: secrets.map(renderSecret) } } }),
});
