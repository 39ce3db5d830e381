import {
  Webhook,
  WebhookCreate,
  WebhookDeliveryList,
  WebhookList,
  WebhookPatch,
  WebhookSecretRotate,
  WebhookWithSecret,
} from '../resources/webhook.ts';
import { NAME_PREFIX, PAGE_QUERY } from './query.ts';
import type { Route } from './route.ts';

const COLLECTION = '/api/v1/tenants/{tenant}/webhooks';
const ONE = `${COLLECTION}/{name}`;

/** The routes of webhooks. All of them are for admins, because an address may hold a credential. */
export const WEBHOOK_ROUTES = [
  {
    id: 'webhooks.list',
    method: 'GET',
    path: COLLECTION,
    summary: 'List the webhooks of a tenant, by name.',
    access: 'admin',
    query: { ...PAGE_QUERY, namePrefix: NAME_PREFIX },
    success: { status: 200, body: WebhookList, etag: true },
    refusals: [],
  },
  {
    id: 'webhooks.create',
    method: 'POST',
    path: COLLECTION,
    summary:
      'Create a webhook: the events of the tenant from now on are delivered to it, signed. The secret is in this answer and in no other.',
    access: 'admin',
    body: WebhookCreate,
    example: { name: 'one', url: 'https://hooks.example.com/kupe', events: ['cluster.*'] },
    success: { status: 201, body: WebhookWithSecret, etag: true },
    refusals: [404, 409],
  },
  {
    id: 'webhooks.get',
    method: 'GET',
    path: ONE,
    summary: 'Read a webhook and its ETag.',
    access: 'admin',
    success: { status: 200, body: Webhook, etag: true },
    refusals: [404],
  },
  {
    id: 'webhooks.update',
    method: 'PATCH',
    path: ONE,
    summary: 'Change a webhook, or enable one that was disabled. It goes on with the first event that was not delivered.',
    access: 'admin',
    guardedBy: 'webhook',
    body: WebhookPatch,
    example: { events: ['cluster.*', 'secret.*'] },
    success: { status: 200, body: Webhook, etag: true },
    refusals: [404, 412],
  },
  {
    id: 'webhooks.delete',
    method: 'DELETE',
    path: ONE,
    summary: 'Delete a webhook. A delivery that is under way may still arrive.',
    access: 'admin',
    guardedBy: 'webhook',
    success: { status: 204, etag: false },
    refusals: [404, 412],
  },
  {
    id: 'webhooks.rotate-secret',
    method: 'POST',
    path: `${ONE}/rotate-secret`,
    summary: 'Give a webhook another secret. Until the overlap ends messages have two signatures, one with each.',
    access: 'admin',
    verb: 'update',
    body: WebhookSecretRotate,
    example: { overlapSeconds: 3_600 },
    success: { status: 200, body: WebhookWithSecret, etag: true },
    refusals: [404],
  },
  {
    id: 'webhooks.deliveries',
    method: 'GET',
    path: `${ONE}/deliveries`,
    summary: 'Read the last attempts to deliver, newest first.',
    access: 'admin',
    success: { status: 200, body: WebhookDeliveryList, etag: false },
    refusals: [404],
  },
  {
    id: 'webhooks.redeliver',
    method: 'POST',
    path: `${ONE}/deliveries/{delivery}/redeliver`,
    summary: 'Deliver an event once more, beside those that are due and without a retry. It has to be kept still.',
    access: 'admin',
    verb: 'update',
    success: { status: 202, body: Webhook, etag: false },
    refusals: [404, 409],
  },
] as const satisfies readonly Route[];
