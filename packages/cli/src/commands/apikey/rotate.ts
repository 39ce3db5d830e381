import type { ApiKeyRotate } from '@openkupe/contract/resources/api-key';
import { command, parsed } from '../../command.ts';
import { beginCreate, IDEMPOTENCY_FLAG } from '../../idempotency/creation.ts';
import { checkShowable } from '../../output/deliver.ts';
import { FORMATS } from '../../output/format.ts';
import { API_KEY_VIEW } from '../../output/views.ts';
import { parseDuration } from '../../settings/duration.ts';
import { showOnce } from '../show-once.ts';
import { noteValid, VALIDATE_FLAG } from '../validate-flag.ts';

/** `POST /tenants/{tenant}/apikeys/{id}/rotate`, under an idempotency key that a repeated command sends again. */
export const apiKeyRotate = command({
  path: 'apikey rotate',
  summary: 'Replace an API key by a new one that may do the same. The new key is shown this once.',
  details:
    'The old key works until the overlap ends, so that there is time to put the new one in its place. Making the new key and ending the old one is one change. ' +
    'When the answer is lost, running the same command again within 23 hours shows the same key. A key that replaces itself without an overlap cannot ask again.',
  examples: [
    { run: 'openkupe apikey rotate ak-7f3b2c1d', why: 'the old key works for another hour' },
    { run: 'openkupe apikey rotate ak-7f3b2c1d --overlap 0', why: 'when it has leaked: it ends at once' },
  ],
  args: { id: { summary: 'The id of the key, like ak-7f3b2c1d.', names: 'apikey' } },
  flags: {
    overlap: parsed('duration', 'How long the old key keeps working, like 24h; an hour if not given, 0 ends it at once.', parseDuration),
    ...VALIDATE_FLAG,
    ...IDEMPOTENCY_FLAG,
  },
  formats: FORMATS,
  isRemote: true,
  next: ({ status }) => (status === 404 || status === 409 ? { run: 'openkupe apikey list', why: 'shows the keys there are' } : undefined),
  async run({ args, flags: { overlap, validateOnly, idempotencyKey } }, context) {
    const body: ApiKeyRotate = overlap === undefined ? {} : { overlapSeconds: Math.ceil(overlap / 1_000) };
    if (validateOnly) {
      await (await context.client()).apiKeys.rotate(args.id, body, { signal: context.signal, validateOnly });
      noteValid(context);
      return { kind: 'nothing' };
    }
    checkShowable(context.io.stdout, 'the key');
    const creation = await beginCreate<ApiKeyRotate>(context, { intent: ['apikey rotate', args.id, overlap], body, idempotencyKey });
    const client = await context.client();
    try {
      const options = { signal: context.signal, idempotencyKey: creation.idempotencyKey };
      const { value } = await client.apiKeys.rotate(args.id, creation.body, options);
      const next = { run: `openkupe apikey delete ${args.id}`, why: 'ends the old key now' };
      const undo = `revoke it with "openkupe apikey delete ${value.id}"`;
      const made = `The API key ${value.id} was created`;
      return showOnce({ item: value, view: API_KEY_VIEW, what: 'key', made, undo, next }, creation, context);
    } catch (error) {
      throw await creation.failed(error);
    }
  },
});
