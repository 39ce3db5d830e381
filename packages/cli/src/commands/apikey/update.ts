import type { ApiKeyPatch } from '@openkupe/contract/resources/api-key';
import { command, on, text } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { API_KEY_VIEW } from '../../output/views.ts';
import { noteValid, VALIDATE_FLAG } from '../validate-flag.ts';
import { LIMIT_FLAGS, limitsOf } from './limit-flags.ts';

/** `PATCH /tenants/{tenant}/apikeys/{id}`. */
export const apiKeyUpdate = command({
  path: 'apikey update',
  summary: 'Change what an API key may do, and from where, from its next request on.',
  examples: [
    { run: 'openkupe apikey update ak-7f3b2c1d --from 203.0.113.0/24', why: 'accepted from there only' },
    { run: 'openkupe apikey update ak-7f3b2c1d --full-role --any-address', why: 'removes both limits' },
  ],
  args: { id: { summary: 'The id of the key, like ak-7f3b2c1d.', names: 'apikey' } },
  flags: {
    name: text('name', 'What the key is for.'),
    ...LIMIT_FLAGS,
    fullRole: on('Remove its scopes: it may do all that its role may.'),
    anyAddress: on('Remove its address ranges: it is accepted from anywhere.'),
    ...VALIDATE_FLAG,
  },
  formats: FORMATS,
  isRemote: true,
  next: ({ status }) => (status === 404 ? { run: 'openkupe apikey list', why: 'shows the keys there are' } : undefined),
  async run({ args, flags }, context) {
    const { name, scopes, from, fullRole, anyAddress, validateOnly } = flags;
    if (scopes && fullRole) throw misuse('Both --scopes and --full-role were given; use one of them.');
    if (from && anyAddress) throw misuse('Both --from and --any-address were given; use one of them.');
    const patch: ApiKeyPatch = {
      ...(name === undefined ? {} : { displayName: name }),
      ...limitsOf(flags),
      ...(fullRole && { scopes: null }),
      ...(anyAddress && { addressRanges: null }),
    };
    if (Object.keys(patch).length === 0)
      throw misuse('Nothing to change was given.', { run: 'openkupe apikey update --help', why: 'shows what can be' });
    const client = await context.client();
    const { value } = await client.apiKeys.patch(args.id, patch, { signal: context.signal, validateOnly });
    if (validateOnly) {
      noteValid(context);
      return { kind: 'nothing' };
    }
    return object(value, API_KEY_VIEW);
  },
});
