import { command } from '../../command.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { deletedView } from '../../output/views.ts';
import { noteValid, VALIDATE_FLAG } from '../validate-flag.ts';
import { nextForWebhook } from './webhook-flags.ts';

/** `DELETE /tenants/{tenant}/webhooks/{name}`. */
export const webhookDelete = command({
  path: 'webhook delete',
  summary: 'Delete a webhook.',
  examples: [{ run: 'openkupe webhook delete deploys', why: 'nothing more is delivered' }],
  args: { name: { summary: 'The name of the webhook.', names: 'webhook' } },
  flags: VALIDATE_FLAG,
  formats: FORMATS,
  isRemote: true,
  next: nextForWebhook,
  async run({ args: { name }, flags: { validateOnly } }, context) {
    await (await context.client()).webhooks.delete(name, { signal: context.signal, validateOnly });
    if (validateOnly) {
      noteValid(context);
      return { kind: 'nothing' };
    }
    return object({ name, status: { phase: 'Deleted' } }, deletedView('webhook'));
  },
});
