import { LIMITS } from '@openkupe/contract';
import { conflict, notFound } from '../../errors/refusal.ts';
import type { EventPosition } from '../../store/resource.ts';
import { afterWrite, keyOf, observeIf } from '../../store/writes.ts';
import { isForIt } from '../../webhooks/message.ts';
import { messageAt } from '../../webhooks/next-message.ts';
import { isActive } from '../../webhooks/next-task.ts';
import { defineHandler } from '../define-handler.ts';
import { loadWebhook } from '../load.ts';
import { renderWebhook } from './render-webhook.ts';

function positionOf(delivery = ''): EventPosition {
  const [revision = 0, index = 0] = delivery.split('-').map(Number);
  return { revision, index };
}

/** Puts an event that the webhook is for beside those that are due. It is sent once, whatever becomes of that; the log of deliveries says what. */
export const redeliver = defineHandler('webhooks.redeliver', {
  async load(call, { store }) {
    const webhook = await loadWebhook(store, call.params.tenant, call.params.name);
    const asked = positionOf(call.params.delivery);
    return { webhook, asked, message: await messageAt(webhook, asked, store) };
  },
  decide(call, { webhook, asked, message }) {
    const { name, observed } = webhook;
    if (!message || !isForIt(webhook, message.type)) throw notFound('Event', call.params.delivery ?? '', webhook.tenant);
    if (!isActive(webhook)) throw conflict(`Webhook "${name}" is not enabled; enable it first`, 'webhook-disabled');
    if (observed.redeliveries.length >= LIMITS.webhookRedeliveries) {
      throw conflict(
        `Webhook "${name}" has ${LIMITS.webhookRedeliveries} redeliveries to make already; wait for one of them`,
        'too-many-redeliveries',
      );
    }
    const write = observeIf(webhook, { ...observed, redeliveries: [...observed.redeliveries, asked] });
    return {
      target: `webhooks/${name}`,
      writes: [write],
      events: [],
      wake: [keyOf(webhook)],
      answer: { body: renderWebhook(afterWrite(write, call.now, webhook)) },
    };
  },
});
