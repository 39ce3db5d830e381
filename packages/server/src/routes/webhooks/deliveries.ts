import { defineHandler } from '../define-handler.ts';
import { loadWebhook } from '../load.ts';
import { renderAttempt } from './render-webhook.ts';

/** The last attempts of a webhook, newest first. */
export const listDeliveries = defineHandler('webhooks.deliveries', {
  load: async (call, { store }) => ({ webhook: await loadWebhook(store, call.params.tenant, call.params.name) }),
  decide: (_call, { webhook }) => ({ answer: { body: { items: webhook.observed.attempts.map(renderAttempt) } } }),
});
