import { command } from '../../command.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { deletedView } from '../../output/views.ts';
import { noteValid, VALIDATE_FLAG } from '../validate-flag.ts';

/** `DELETE /tenants/{tenant}/apikeys/{id}`. */
export const apiKeyDelete = command({
  path: 'apikey delete',
  summary: 'Revoke an API key at once.',
  examples: [{ run: 'openkupe apikey delete ak-7f3b2c1d', why: 'by its id, as apikey list shows it' }],
  args: { id: { summary: 'The id of the key, like ak-7f3b2c1d.', names: 'apikey' } },
  flags: VALIDATE_FLAG,
  formats: FORMATS,
  isRemote: true,
  next: ({ status }) => (status === 404 ? { run: 'openkupe apikey list', why: 'shows the keys there are' } : undefined),
  async run({ args, flags: { validateOnly } }, context) {
    const client = await context.client();
    await client.apiKeys.delete(args.id, { signal: context.signal, validateOnly });
    if (validateOnly) {
      noteValid(context);
      return { kind: 'nothing' };
    }
    return object({ name: args.id, status: { phase: 'Deleted' } }, deletedView('apikey'));
  },
});
