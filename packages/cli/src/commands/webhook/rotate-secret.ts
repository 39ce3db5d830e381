import type { WebhookSecretRotate } from '@openkupe/contract/resources/webhook';
import { command, parsed } from '../../command.ts';
import { beginCreate, IDEMPOTENCY_FLAG } from '../../idempotency/creation.ts';
import { checkShowable } from '../../output/deliver.ts';
import { FORMATS } from '../../output/format.ts';
import { WEBHOOK_VIEW } from '../../output/views.ts';
import { parseDuration } from '../../settings/duration.ts';
import { showOnce } from '../show-once.ts';
import { noteValid, VALIDATE_FLAG } from '../validate-flag.ts';
import { nextForWebhook } from './webhook-flags.ts';

/** `POST /tenants/{tenant}/webhooks/{name}/rotate-secret`, under an idempotency key that a repeated command sends again. */
export const webhookRotateSecret = command({
  path: 'webhook rotate-secret',
  summary: 'Give a webhook another secret, which is shown this once.',
  details: 'Until the overlap ends messages have two signatures, one with each secret, so that the receiver can change over when it likes.',
  examples: [{ run: 'openkupe webhook rotate-secret deploys --overlap 1h', why: 'the old secret signs for another hour' }],
  args: { name: { summary: 'The name of the webhook.', names: 'webhook' } },
  flags: {
    overlap: parsed('duration', 'How long the old secret signs, too, like 1h; a day if not given, 0 ends it at once.', parseDuration),
    ...VALIDATE_FLAG,
    ...IDEMPOTENCY_FLAG,
  },
  formats: FORMATS,
  isRemote: true,
  next: nextForWebhook,
  async run({ args: { name }, flags: { overlap, validateOnly, idempotencyKey } }, context) {
    const body: WebhookSecretRotate = overlap === undefined ? {} : { overlapSeconds: Math.ceil(overlap / 1_000) };
    if (validateOnly) {
      await (await context.client()).webhooks.rotateSecret(name, body, { signal: context.signal, validateOnly });
      noteValid(context);
      return { kind: 'nothing' };
    }
    checkShowable(context.io.stdout, 'the secret');
    const creation = await beginCreate<WebhookSecretRotate>(context, {
      intent: ['webhook rotate-secret', name, overlap],
      body,
      idempotencyKey,
    });
    const client = await context.client();
    try {
      const options = { signal: context.signal, idempotencyKey: creation.idempotencyKey };
      const { value } = await client.webhooks.rotateSecret(name, creation.body, options);
      const next = { run: `openkupe webhook rotate-secret ${name}`, why: 'makes another one' };
      const made = { item: value, view: WEBHOOK_VIEW, what: 'secret', made: `Webhook "${name}" got another secret` };
      return showOnce({ ...made, undo: `make another one with "${next.run}"`, next }, creation, context);
    } catch (error) {
      throw await creation.failed(error);
    }
  },
});
