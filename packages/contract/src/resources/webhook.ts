import type { Static } from 'typebox';
import { LIMITS } from '../limits.ts';
import { RESOURCE_NAME_PATTERN } from '../names.ts';
import { EVENT_KINDS, EVENT_TYPES } from './event.ts';
import { oneOf, pageOf, strict, Time } from './schema.ts';
import { Type } from './type.ts';

const Url = Type.String({
  minLength: 1,
  maxLength: LIMITS.webhookUrlLength,
  description: 'Where events are POSTed to: https, on the internet. Redirects are not followed.',
  examples: ['https://hooks.example.com/kupe'],
});
const EventFilter = Type.String({ pattern: `^(${EVENT_KINDS.join('|')}|\\*)\\.(${EVENT_TYPES.join('|')}|\\*)$` });
const Events = Type.Unsafe<string[] | null>({
  type: ['array', 'null'],
  items: EventFilter,
  minItems: 1,
  maxItems: LIMITS.webhookFilters,
  description: 'Which events, as <kind>.<type>, such as "cluster.*" or "secret.deleted"; all when absent or null.',
});
const Enabled = Type.Boolean({
  description: 'Whether events are delivered. Setting it to true also ends that it was disabled after failures.',
});

/** Schema of the body that creates a webhook. */
export const WebhookCreate = strict({
  name: Type.String({ description: `Unique in the tenant; matches ${RESOURCE_NAME_PATTERN}.`, maxLength: 253, examples: ['deploys'] }),
  url: Url,
  events: Type.Optional(Events),
  enabled: Type.Optional(Enabled),
});
/** What a new webhook is to be. */
export type WebhookCreate = Static<typeof WebhookCreate>;

/** Schema of the body that changes a webhook. What is absent stays as it is. */
export const WebhookPatch = strict({ url: Type.Optional(Url), events: Type.Optional(Events), enabled: Type.Optional(Enabled) });
/** What is to change about a webhook. */
export type WebhookPatch = Static<typeof WebhookPatch>;

/** Schema of the body that gives a webhook another secret. */
export const WebhookSecretRotate = strict({
  overlapSeconds: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: LIMITS.longestKeyOverlapSeconds,
      description: `How long messages are signed with the old secret, too; ${LIMITS.webhookSecretOverlapSeconds} when absent.`,
    }),
  ),
});
/** How the secret of a webhook is to be replaced. */
export type WebhookSecretRotate = Static<typeof WebhookSecretRotate>;

/** The phases of a webhook, as the API names them. */
export const WEBHOOK_PHASES = ['Active', 'Failing', 'Paused', 'Disabled'] as const;

/** Schema of a webhook in an answer. Its secret is not in it. */
export const Webhook = Type.Object({
  name: Type.String(),
  url: Type.String(),
  events: Type.Optional(Type.Array(Type.String())),
  enabled: Type.Boolean(),
  status: Type.Object({
    phase: oneOf(WEBHOOK_PHASES, 'Failing: the last attempt failed. Paused: enabled is false. Disabled: it failed for too long.'),
    message: Type.String({ description: 'What is wrong; empty when nothing is.' }),
    failures: Type.Integer({ description: 'Attempts that failed in a row.' }),
    nextAttemptAt: Type.Optional(Time),
    oldSecretEndsAt: Type.Optional(
      Type.String({ format: 'date-time', description: 'Until when messages are signed with the old secret, too.' }),
    ),
  }),
  resourceVersion: Type.String(),
  createdAt: Time,
});
/** A webhook: where which events of a tenant are delivered to. */
export type Webhook = Static<typeof Webhook>;

/** Schema of the answers that show the secret of a webhook: to its create, and to a rotation. */
export const WebhookWithSecret = Type.Object({
  ...Webhook.properties,
  secret: Type.String({ description: 'Empty where validateOnly was sent: there is none.', examples: ['whsec_…'] }),
});
/** A webhook, with the secret that its messages are signed with. */
export type WebhookWithSecret = Static<typeof WebhookWithSecret>;

/** Schema of the answer that lists the webhooks of a tenant, by name. */
export const WebhookList = pageOf(Webhook);

/** Schema of one attempt to deliver a message: no body, no secret. */
export const WebhookDelivery = Type.Object({
  id: Type.String({ description: 'The part of its webhook-id that names the event; for a redelivery.', examples: ['1234-0'] }),
  event: Type.String({ description: 'As the message says in type.', examples: ['cluster.changed'] }),
  at: Time,
  attempt: Type.Integer({ description: 'From 1 on; 0 for a redelivery that was asked for.' }),
  outcome: oneOf(['delivered', 'failed'], 'delivered: the receiver answered 2xx.'),
  status: Type.Optional(Type.Integer({ description: 'The status that the receiver answered.' })),
  error: Type.Optional(Type.String({ description: 'Why there was no answer.' })),
  durationMs: Type.Integer(),
});
/** One attempt to deliver a message. */
export type WebhookDelivery = Static<typeof WebhookDelivery>;

/** Schema of the answer that lists the last attempts of a webhook, newest first. */
export const WebhookDeliveryList = Type.Object({ items: Type.Array(WebhookDelivery) });
