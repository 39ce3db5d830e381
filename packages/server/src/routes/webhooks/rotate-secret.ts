import { counted, LIMITS } from '@openkupe/contract';
import type { WebhookSpec } from '../../store/resource.ts';
import { afterWrite, keyOf, updateIf } from '../../store/writes.ts';
import { sealSecrets, signingSecrets } from '../../webhooks/secrets.ts';
import { newWebhookSecret } from '../../webhooks/sign.ts';
import { defineHandler } from '../define-handler.ts';
import { loadWebhook } from '../load.ts';
import { renderWebhook } from './render-webhook.ts';

/** The answer is the only one that shows this secret. A rotation within an overlap ends the secret that was old already. */
export const rotateWebhookSecret = defineHandler('webhooks.rotate-secret', {
  load: async (call, { store }) => ({ webhook: await loadWebhook(store, call.params.tenant, call.params.name) }),
  decide(call, { webhook }, { random, answerKey }) {
    const { overlapSeconds = LIMITS.webhookSecretOverlapSeconds } = call.body;
    const secret = newWebhookSecret(random);
    const [old = ''] = signingSecrets(webhook.spec, webhook, answerKey, call.now);
    const { name } = webhook;
    const spec: WebhookSpec = {
      ...webhook.spec,
      sealed: sealSecrets([secret, old], webhook, answerKey, random),
      oldSecretEndsAt: call.now + overlapSeconds * 1_000,
    };
    const write = updateIf(webhook, spec);
    const updated = afterWrite(write, call.now, webhook);
    const message = `Webhook "${name}" got another secret; the old one signs for ${counted(overlapSeconds, 'second')} more`;
    return {
      target: `webhooks/${name}`,
      writes: [write],
      events: [{ key: keyOf(webhook), type: 'changed', message }],
      answer: { body: { ...renderWebhook(updated), secret: call.isValidation ? '' : secret }, tagged: updated },
    };
  },
});
