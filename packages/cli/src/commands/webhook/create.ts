import type { WebhookCreate } from '@openkupe/contract/resources/webhook';
import { command, on, required, text } from '../../command.ts';
import { beginCreate, IDEMPOTENCY_FLAG } from '../../idempotency/creation.ts';
import { checkShowable } from '../../output/deliver.ts';
import { FORMATS } from '../../output/format.ts';
import { WEBHOOK_VIEW } from '../../output/views.ts';
import { showOnce } from '../show-once.ts';
import { noteValid, VALIDATE_FLAG } from '../validate-flag.ts';
import { EVENTS_FLAG } from './webhook-flags.ts';

/** `POST /tenants/{tenant}/webhooks`, under an idempotency key that a repeated command sends again. */
export const webhookCreate = command({
  path: 'webhook create',
  summary: 'Have events delivered to an address from now on. Its secret is shown this once.',
  details: 'When the answer is lost, running the same command again within 23 hours shows the same secret.',
  examples: [
    { run: 'openkupe webhook create deploys --url https://hooks.example.com/kupe --events cluster.*', why: 'what happens to clusters' },
    { run: 'openkupe webhook create all --url https://hooks.example.com/kupe -o json', why: 'everything, with the secret in .secret' },
  ],
  args: { name: { summary: 'The name of the webhook.' } },
  flags: {
    url: required(text('url', 'Where events are POSTed to: https, on the internet.')),
    ...EVENTS_FLAG,
    disabled: on('Deliver nothing yet; what happens meanwhile is delivered once it is enabled.'),
    ...VALIDATE_FLAG,
    ...IDEMPOTENCY_FLAG,
  },
  formats: FORMATS,
  isRemote: true,
  next: ({ outcome }) => (outcome === 'unknown' ? { run: 'openkupe webhook list', why: 'shows whether it was created' } : undefined),
  async run({ args: { name }, flags }, context) {
    const { url, events, disabled, idempotencyKey } = flags;
    const body: WebhookCreate = { name, url, ...(events && { events }), ...(disabled && { enabled: false }) };
    if (flags.validateOnly) {
      await (await context.client()).webhooks.create(body, { signal: context.signal, validateOnly: true });
      noteValid(context);
      return { kind: 'nothing' };
    }
    checkShowable(context.io.stdout, 'the secret');
    const creation = await beginCreate<WebhookCreate>(context, { intent: ['webhook create', body], body, idempotencyKey });
    const client = await context.client();
    try {
      const options = { signal: context.signal, idempotencyKey: creation.idempotencyKey };
      const { value } = await client.webhooks.create(creation.body, options);
      const next = { run: `openkupe webhook delete ${name}`, why: 'deletes it' };
      const made = { item: value, view: WEBHOOK_VIEW, what: 'secret', made: `The webhook "${name}" was created` };
      return showOnce({ ...made, undo: `delete it with "${next.run}"`, next }, creation, context);
    } catch (error) {
      throw await creation.failed(error);
    }
  },
});
