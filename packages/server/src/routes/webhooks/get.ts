import { defineHandler } from '../define-handler.ts';
import { loadWebhook } from '../load.ts';
import { renderWebhook } from './render-webhook.ts';

/** One webhook, without its secret. */
export const getWebhook = defineHandler('webhooks.get', {
  load: async (call, { store }) => ({ webhook: await loadWebhook(store, call.params.tenant, call.params.name) }),
  decide: (_call, { webhook }) => ({ answer: { body: renderWebhook(webhook), tagged: webhook } }),
});
