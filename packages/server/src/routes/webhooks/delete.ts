import { deleteIf, keyOf } from '../../store/writes.ts';
import { defineHandler } from '../define-handler.ts';
import { loadWebhook } from '../load.ts';

/** Nothing of it is left: a later webhook of the same name has another secret, and begins with what happens then. */
export const deleteWebhook = defineHandler('webhooks.delete', {
  async load(call, { store }) {
    const webhook = await loadWebhook(store, call.params.tenant, call.params.name);
    return { webhook, precondition: webhook };
  },
  decide(_call, { webhook }) {
    return {
      target: `webhooks/${webhook.name}`,
      writes: [deleteIf(webhook)],
      events: [{ key: keyOf(webhook), type: 'deleted', message: `Webhook "${webhook.name}" was deleted` }],
      answer: {},
    };
  },
});
