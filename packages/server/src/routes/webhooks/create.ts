import { LIMITS } from '@openkupe/contract';
import { conflict, invalidRequest } from '../../errors/refusal.ts';
import { checkName } from '../../pipeline/validate.ts';
import { afterWrite, newUid, observeIf } from '../../store/writes.ts';
import { sealSecrets } from '../../webhooks/secrets.ts';
import { newWebhookSecret } from '../../webhooks/sign.ts';
import { defineHandler } from '../define-handler.ts';
import { loadTenant } from '../load.ts';
import { refuseUnreadable } from './check-events.ts';
import { checkUrl } from './check-url.ts';
import { renderWebhook } from './render-webhook.ts';

/** The answer is the only one that shows this secret. What happened before is not delivered. */
export const createWebhook = defineHandler('webhooks.create', {
  async load(call, { store }) {
    const { tenant = '' } = call.params;
    return {
      tenant: loadTenant(call),
      existing: await store.get({ kind: 'webhook', tenant, name: call.body.name }),
      count: (await store.keys('webhook', tenant)).length,
      newest: await store.newestRevision(),
    };
  },
  decide(call, { tenant, existing, count, newest }, { random, answerKey, allowsInternalWebhooks }) {
    const { name, url, events, enabled = true } = call.body;
    checkName('webhook name', 'name', name, 'name');
    checkUrl(url, allowsInternalWebhooks);
    refuseUnreadable(call.principal, events);
    if (existing) throw conflict(`webhook already exists: "${name}" is taken`);
    if (tenant.deletedAt !== undefined)
      throw conflict(`Tenant "${tenant.name}" is being deleted; no webhook can be added to it`, 'terminating');
    if (count >= LIMITS.webhooksPerTenant) {
      throw invalidRequest(`A tenant can have at most ${LIMITS.webhooksPerTenant} webhooks; delete one first`, 'webhook-limit');
    }
    const key = { kind: 'webhook', tenant: tenant.name, name } as const;
    const uid = newUid(random);
    const secret = newWebhookSecret(random);
    const write = {
      verb: 'create',
      key,
      uid,
      spec: { url, ...(events && { events }), isEnabled: enabled, sealed: sealSecrets([secret], { ...key, uid }, answerKey, random) },
      observed: { position: { revision: newest + 1, index: 0 }, redeliveries: [], attempts: [], failures: 0 },
    } as const;
    const created = afterWrite(write, call.now);
    return {
      target: `webhooks/${name}`,
      // NOTE: two creates that counted the same webhooks cannot both be written: the second counts again.
      writes: [write, observeIf(tenant)],
      events: [{ key, type: 'created', message: `Webhook "${name}" was created` }],
      wake: [key],
      answer: { body: { ...renderWebhook(created), secret: call.isValidation ? '' : secret }, tagged: created },
    };
  },
});
