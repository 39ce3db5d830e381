import { formatTime, type Webhook, type WebhookDelivery } from '@openkupe/contract';
import type { Resource, WebhookAttempt } from '../../store/resource.ts';
import { deliveryId } from '../../webhooks/message.ts';

/** The phase of a webhook, and what is wrong with it. */
function phaseOf({ spec, observed }: Resource<'webhook'>): Pick<Webhook['status'], 'phase' | 'message'> {
  const { disabled, failures, attempts } = observed;
  if (!spec.isEnabled) return { phase: 'Paused', message: '' };
  if (disabled !== undefined) return { phase: 'Disabled', message: `${disabled}. Set "enabled" to true to go on` };
  if (failures === 0) return { phase: 'Active', message: '' };
  const last = attempts.find(({ attempt, isDelivered }) => attempt > 0 && !isDelivered);
  return { phase: 'Failing', message: last?.error ?? `The receiver answered ${last?.status ?? 'nothing'}` };
}

/** A stored webhook as the API shows it: never its secret. */
export function renderWebhook(webhook: Resource<'webhook'>): Webhook {
  const { spec, observed } = webhook;
  const { failures, nextAttemptAt } = observed;
  return {
    name: webhook.name,
    url: spec.url,
    ...(spec.events && { events: [...spec.events] }),
    enabled: spec.isEnabled,
    status: {
      ...phaseOf(webhook),
      failures,
      ...(nextAttemptAt === undefined ? {} : { nextAttemptAt: formatTime(nextAttemptAt) }),
      ...(spec.oldSecretEndsAt === undefined ? {} : { oldSecretEndsAt: formatTime(spec.oldSecretEndsAt) }),
    },
    resourceVersion: webhook.resourceVersion,
    createdAt: formatTime(webhook.createdAt),
  };
}

/** One attempt as the API shows it. */
export function renderAttempt(attempt: WebhookAttempt): WebhookDelivery {
  const { type: event, at, attempt: count, durationMs, isDelivered, status, error } = attempt;
  return {
    id: deliveryId(attempt),
    event,
    at: formatTime(at),
    attempt: count,
    outcome: isDelivered ? 'delivered' : 'failed',
    ...(status === undefined ? {} : { status }),
    ...(error === undefined ? {} : { error }),
    durationMs,
  };
}
