import { defineHandler } from '../define-handler.ts';
import { readPage } from '../read-page.ts';
import { renderEach } from '../render-each.ts';
import { renderWebhook } from './render-webhook.ts';

/** The webhooks of the tenant by name. */
export const listWebhooks = defineHandler('webhooks.list', {
  load: async (call, deps) => ({ page: await readPage('webhook', call, deps) }),
  decide: (_call, { page: { rows, ...page } }) => ({ answer: { ...page, items: renderEach(rows, renderWebhook) } }),
});
