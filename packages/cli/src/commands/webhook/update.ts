import type { WebhookPatch } from '@openkupe/contract/resources/webhook';
import { command, on, text } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { WEBHOOK_VIEW } from '../../output/views.ts';
import { noteValid, VALIDATE_FLAG } from '../validate-flag.ts';
import { EVENTS_FLAG, nextForWebhook } from './webhook-flags.ts';

/** `PATCH /tenants/{tenant}/webhooks/{name}`. */
export const webhookUpdate = command({
  path: 'webhook update',
  summary: 'Change a webhook, pause it, or enable one that was disabled.',
  details: 'Deliveries go on with the first event that was not delivered.',
  examples: [
    { run: 'openkupe webhook update deploys --enable', why: 'after its receiver was repaired' },
    { run: 'openkupe webhook update deploys --events cluster.*,secret.*', why: 'other events' },
  ],
  args: { name: { summary: 'The name of the webhook.', names: 'webhook' } },
  flags: {
    url: text('url', 'Where events are POSTed to.'),
    ...EVENTS_FLAG,
    allEvents: on('Deliver every event.'),
    enable: on('Deliver events, also after it was disabled.'),
    disable: on('Deliver nothing until it is enabled.'),
    ...VALIDATE_FLAG,
  },
  formats: FORMATS,
  isRemote: true,
  next: nextForWebhook,
  async run({ args: { name }, flags }, context) {
    const { url, events, allEvents, enable, disable, validateOnly } = flags;
    if (events && allEvents) throw misuse('--events and --all-events contradict each other; give one of them.');
    if (enable && disable) throw misuse('--enable and --disable contradict each other; give one of them.');
    const patch: WebhookPatch = {
      ...(url !== undefined && { url }),
      ...(events && { events }),
      ...(allEvents && { events: null }),
      ...((enable || disable) && { enabled: enable }),
    };
    if (Object.keys(patch).length === 0)
      throw misuse('There is nothing to change; give --url, --events, --all-events, --enable or --disable.');
    const client = await context.client();
    const { value } = await client.webhooks.patch(name, patch, { signal: context.signal, validateOnly });
    if (validateOnly) {
      noteValid(context);
      return { kind: 'nothing' };
    }
    return object(value, WEBHOOK_VIEW);
  },
});
