import type { ApiKeyCreate } from '@openkupe/contract/resources/api-key';
import { choice, command, required, text } from '../../command.ts';
import { beginCreate, IDEMPOTENCY_FLAG } from '../../idempotency/creation.ts';
import { checkShowable } from '../../output/deliver.ts';
import { FORMATS } from '../../output/format.ts';
import { API_KEY_VIEW } from '../../output/views.ts';
import { parseExpiry } from '../../settings/expiry.ts';
import { showOnce } from '../show-once.ts';
import { noteValid, VALIDATE_FLAG } from '../validate-flag.ts';
import { LIMIT_FLAGS, limitsOf } from './limit-flags.ts';

/** `POST /tenants/{tenant}/apikeys`, under an idempotency key that a repeated command sends again. */
export const apiKeyCreate = command({
  path: 'apikey create',
  summary: 'Create an API key. The key is shown this once.',
  details:
    'When the answer is lost, or cannot be written, running the same command again within 23 hours shows the same key: nothing is made twice. ' +
    'Two that run at the same time are two.',
  examples: [
    { run: 'openkupe apikey create ci --role admin --expires 90d', why: 'for a pipeline' },
    { run: 'openkupe apikey create dashboard --role readonly -o json', why: 'with the key in .key' },
    {
      run: 'openkupe apikey create deploy --role admin --scopes clusters:read,clusters:update --from 203.0.113.0/24',
      why: 'for what a pipeline does, from where it runs',
    },
  ],
  args: { name: { summary: 'What the key is for; need not be unique.' } },
  flags: {
    role: required(choice('role', 'What the key may do.', ['admin', 'readonly'])),
    expires: text('when', 'A duration like 30d, or a time like 2027-01-31T12:00:00Z; never if not given.'),
    ...LIMIT_FLAGS,
    ...VALIDATE_FLAG,
    ...IDEMPOTENCY_FLAG,
  },
  formats: FORMATS,
  isRemote: true,
  next: ({ outcome }) => (outcome === 'unknown' ? { run: 'openkupe apikey list', why: 'shows whether it was created' } : undefined),
  async run({ args, flags }, context) {
    const { role, expires, idempotencyKey } = flags;
    const expiresAt = expires === undefined ? undefined : parseExpiry(expires, context.clock.now());
    const body = { displayName: args.name, role, ...(expiresAt === undefined ? {} : { expiresAt }), ...limitsOf(flags) };
    if (flags.validateOnly) {
      await (await context.client()).apiKeys.create(body, { signal: context.signal, validateOnly: true });
      noteValid(context);
      return { kind: 'nothing' };
    }
    checkShowable(context.io.stdout, 'the key');
    const creation = await beginCreate<ApiKeyCreate>(context, {
      intent: ['apikey create', args.name, role, expires, flags.scopes, flags.from],
      body,
      idempotencyKey,
      fixedFlags: expiresAt === undefined ? {} : { expires: expiresAt },
    });
    const client = await context.client();
    try {
      const options = { signal: context.signal, idempotencyKey: creation.idempotencyKey };
      const { value } = await client.apiKeys.create(creation.body, options);
      const revoke = { run: `openkupe apikey delete ${value.id}`, why: 'revokes it' };
      const made = `The API key ${value.id} was created`;
      return showOnce(
        { item: value, view: API_KEY_VIEW, what: 'key', made, undo: `revoke it with "${revoke.run}"`, next: revoke },
        creation,
        context,
      );
    } catch (error) {
      throw await creation.failed(error);
    }
  },
});
