import { command } from '../../command.ts';
import { FORMATS } from '../../output/format.ts';
import { list, object } from '../../output/result.ts';
import { DELIVERY_VIEW, WEBHOOK_VIEW } from '../../output/views.ts';
import { noteValid, VALIDATE_FLAG } from '../validate-flag.ts';
import { nextForWebhook } from './webhook-flags.ts';

/** `GET /tenants/{tenant}/webhooks/{name}/deliveries`. */
export const webhookDeliveries = command({
  path: 'webhook deliveries',
  summary: 'List the last attempts to deliver events to a webhook, newest first.',
  examples: [{ run: 'openkupe webhook deliveries deploys', why: 'what arrived, and why the rest did not' }],
  args: { name: { summary: 'The name of the webhook.', names: 'webhook' } },
  flags: {},
  formats: FORMATS,
  isRemote: true,
  isList: true,
  next: nextForWebhook,
  async run({ args: { name } }, context) {
    return list((await (await context.client()).webhooks.deliveries(name, { signal: context.signal })).value, DELIVERY_VIEW);
  },
});

/** `POST /tenants/{tenant}/webhooks/{name}/deliveries/{delivery}/redeliver`. */
export const webhookRedeliver = command({
  path: 'webhook redeliver',
  summary: 'Deliver an event to a webhook once more, as long as it is kept.',
  examples: [{ run: 'openkupe webhook redeliver deploys 1234-0', why: 'by the id that webhook deliveries shows' }],
  args: { name: { summary: 'The name of the webhook.', names: 'webhook' }, id: { summary: 'The id of a delivery, like 1234-0.' } },
  flags: VALIDATE_FLAG,
  formats: FORMATS,
  isRemote: true,
  next: ({ status }, { name }) =>
    status === 404 ? { run: `openkupe webhook deliveries ${name}`, why: 'shows the last deliveries' } : undefined,
  async run({ args: { name, id }, flags: { validateOnly } }, context) {
    const { value } = await (await context.client()).webhooks.redeliver(name, id, { signal: context.signal, validateOnly });
    if (validateOnly) {
      noteValid(context);
      return { kind: 'nothing' };
    }
    context.note(`It will be sent now; see what becomes of it with: openkupe webhook deliveries ${name}`);
    return object(value, WEBHOOK_VIEW);
  },
});
