import type {
  Webhook,
  WebhookCreate,
  WebhookDelivery,
  WebhookPatch,
  WebhookSecretRotate,
  WebhookWithSecret,
} from '@openkupe/contract/resources/webhook';
import type { CallOptions, ChangeOptions, Result } from '../call.ts';
import { createWithKey } from '../create/create-with-key.ts';
import type { Engine } from '../engine.ts';
import { readOnce } from '../operation.ts';
import { decodeItems, decodeObject } from '../to-result.ts';
import { type Collection, createCollection } from './collection.ts';
import { decoderOf } from './decode-resource.ts';
import { apiPath } from './paths.ts';

/** The webhooks of one tenant: where which of its events are delivered to. */
export interface Webhooks extends Omit<Collection<Webhook, WebhookCreate, WebhookPatch>, 'create'> {
  /** The secret is in this answer and in no other. */
  create(body: WebhookCreate, options?: ChangeOptions): Promise<Result<WebhookWithSecret>>;
  /** Gives it another secret, which is in this answer and in no other; the old one signs, too, until the overlap ends. */
  rotateSecret(name: string, body?: WebhookSecretRotate, options?: ChangeOptions): Promise<Result<WebhookWithSecret>>;
  /** The last attempts to deliver, newest first. */
  deliveries(name: string, options?: CallOptions): Promise<Result<WebhookDelivery[]>>;
  /** Sends an event once more; `delivery` is the id of one of the deliveries. */
  redeliver(name: string, delivery: string, options?: ChangeOptions): Promise<Result<Webhook>>;
}

/** The methods for the webhooks of one tenant. */
export function createWebhooks(engine: Engine, tenant: string): Webhooks {
  const path = (...rest: string[]) => apiPath('tenants', tenant, 'webhooks', ...rest);
  const listing = { route: 'webhooks.list', method: 'GET', path: path() } as const;
  const { create: _create, ...collection } = createCollection<Webhook, WebhookCreate, WebhookPatch>(engine, {
    kind: 'webhooks',
    tenant,
    ...decoderOf<Webhook>('webhook'),
    isDeleting: () => false,
  });
  const decode = decodeObject<WebhookWithSecret>;
  return {
    ...collection,
    async create(body, options) {
      const create = { route: 'webhooks.create', method: 'POST', path: path(), body } as const;
      return createWithKey(engine, { create, reading: listing, decode }, options);
    },
    async rotateSecret(name, body = {}, options) {
      const create = { route: 'webhooks.rotate-secret', method: 'POST', path: path(name, 'rotate-secret'), body } as const;
      return createWithKey(engine, { create, reading: listing, decode }, options);
    },
    async deliveries(name, options) {
      const step = { route: 'webhooks.deliveries', method: 'GET', path: path(name, 'deliveries') } as const;
      return readOnce(engine, step, decodeItems<WebhookDelivery>, options);
    },
    async redeliver(name, delivery, options) {
      const create = { route: 'webhooks.redeliver', method: 'POST', path: path(name, 'deliveries', delivery, 'redeliver') } as const;
      return createWithKey(engine, { create, reading: listing, decode: decodeObject<Webhook> }, options);
    },
  };
}
