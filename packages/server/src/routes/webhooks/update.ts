import type { WebhookObserved, WebhookSpec } from '../../store/resource.ts';
import { afterWrite, keyOf, observeIf, updateIf } from '../../store/writes.ts';
import { defineHandler } from '../define-handler.ts';
import { loadWebhook } from '../load.ts';
import { refuseUnreadable } from './check-events.ts';
import { checkUrl } from './check-url.ts';
import { renderWebhook } from './render-webhook.ts';

/** The status with which the next attempt is made at once: that it failed, and was disabled for it, is over. */
function tryAgain({ position, redeliveries, attempts }: WebhookObserved): WebhookObserved {
  return { position, redeliveries, attempts, failures: 0 };
}

/** Whatever is changed, deliveries go on at the first event that was not delivered. */
export const updateWebhook = defineHandler('webhooks.update', {
  async load(call, { store }) {
    const webhook = await loadWebhook(store, call.params.tenant, call.params.name);
    return { webhook, precondition: webhook };
  },
  decide(call, { webhook }, { allowsInternalWebhooks }) {
    const { url, events = webhook.spec.events, enabled } = call.body;
    if (url !== undefined) checkUrl(url, allowsInternalWebhooks);
    if (url !== undefined || call.body.events !== undefined) refuseUnreadable(call.principal, events);
    const { events: _before, ...rest } = webhook.spec;
    const isEnabled = enabled ?? webhook.spec.isEnabled;
    const spec: WebhookSpec = { ...rest, ...(url !== undefined && { url }), ...(events && { events }), isEnabled };
    const observed = url !== undefined || enabled === true ? tryAgain(webhook.observed) : webhook.observed;
    const write = updateIf(webhook, spec);
    const updated = afterWrite(observeIf(webhook, observed), call.now, afterWrite(write, call.now, webhook));
    const key = keyOf(webhook);
    return {
      target: `webhooks/${webhook.name}`,
      writes: [write, ...(observed === webhook.observed ? [] : [observeIf(webhook, observed)])],
      events: [{ key, type: 'changed', message: `Webhook "${webhook.name}" was changed` }],
      wake: [key],
      answer: { body: renderWebhook(updated), tagged: updated },
    };
  },
});
