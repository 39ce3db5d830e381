import { defineHandler } from '../define-handler.ts';
import { loadSecret } from '../load.ts';
import { renderSecret } from './render-secret.ts';

/** One secret with the status of its targets; never its values. */
export const getSecret = defineHandler('secrets.get', {
  load: async (call, { store }) => ({ secret: await loadSecret(store, call.params.tenant, call.params.name) }),
  decide: (_call, { secret }) => ({ answer: { body: renderSecret(secret), tagged: secret } }),
});
