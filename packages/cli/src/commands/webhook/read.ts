import { command } from '../../command.ts';
import { FORMATS } from '../../output/format.ts';
import { list, object } from '../../output/result.ts';
import { WEBHOOK_VIEW } from '../../output/views.ts';
import { LIMIT_FLAG, readItems } from '../read-items.ts';
import { nextForWebhook } from './webhook-flags.ts';

/** `GET /tenants/{tenant}/webhooks`. */
export const webhookList = command({
  path: 'webhook list',
  summary: 'List the webhooks of the tenant.',
  examples: [{ run: 'openkupe webhook list', why: 'where events go, and whether they arrive' }],
  args: {},
  flags: LIMIT_FLAG,
  formats: FORMATS,
  isRemote: true,
  isList: true,
  async run({ flags: { limit } }, context) {
    const client = await context.client();
    return list(await readItems(client.webhooks, {}, { limit, signal: context.signal }), WEBHOOK_VIEW);
  },
});

/** `GET /tenants/{tenant}/webhooks/{name}`. */
export const webhookGet = command({
  path: 'webhook get',
  summary: 'Show a webhook, and what is wrong with it.',
  examples: [{ run: 'openkupe webhook get deploys', why: 'its phase, and why the last attempt failed' }],
  args: { name: { summary: 'The name of the webhook.', names: 'webhook' } },
  flags: {},
  formats: FORMATS,
  isRemote: true,
  next: nextForWebhook,
  async run({ args: { name } }, context) {
    return object((await (await context.client()).webhooks.get(name, { signal: context.signal })).value, WEBHOOK_VIEW);
  },
});
