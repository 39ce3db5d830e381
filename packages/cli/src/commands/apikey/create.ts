import { choice, command, required, text } from '../../command.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { API_KEY_VIEW } from '../../output/views.ts';
import { parseExpiry } from '../../settings/expiry.ts';

export const apiKeyCreate = command({
  path: 'apikey create',
  summary: 'Create an API key. The key is shown this once.',
  examples: [
    { run: 'openkupe apikey create ci --role admin --expires 90d', why: 'for a pipeline' },
    { run: 'openkupe apikey create dashboard --role readonly -o json', why: 'with the key in .key' },
  ],
  args: { name: { summary: 'What the key is for; need not be unique.' } },
  flags: {
    role: required(choice('role', 'What the key may do.', ['admin', 'readonly'])),
    expires: text('when', 'A duration like 30d, or a time like 2027-01-31T12:00:00Z; never if not given.'),
  },
  formats: FORMATS,
  isRemote: true,
  next: ({ outcome }) => (outcome === 'unknown' ? { run: 'openkupe apikey list', why: 'shows whether it was created' } : undefined),
  async run({ args, flags }, context) {
    const expiresAt = flags.expires === undefined ? {} : { expiresAt: parseExpiry(flags.expires, context.clock.now()) };
    const client = await context.client();
    const { value } = await client.apiKeys.create({ displayName: args.name, role: flags.role, ...expiresAt }, { signal: context.signal });
    context.note('Keep the key now; it cannot be shown again.');
    return object(value, API_KEY_VIEW);
  },
});
