import { command } from '../../command.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { API_KEY_VIEW } from '../../output/views.ts';

/** `GET /tenants/{tenant}/apikeys/{id}`. */
export const apiKeyGet = command({
  path: 'apikey get',
  summary: 'Show an API key: what it may do, and from where; not the key itself.',
  examples: [{ run: 'openkupe apikey get ak-7f3b2c1d -o wide', why: 'with its scopes and address ranges' }],
  args: { id: { summary: 'The id of the key, like ak-7f3b2c1d.', names: 'apikey' } },
  flags: {},
  formats: FORMATS,
  isRemote: true,
  next: ({ status }) => (status === 404 ? { run: 'openkupe apikey list', why: 'shows the keys there are' } : undefined),
  async run({ args: { id } }, context) {
    return object((await (await context.client()).apiKeys.get(id, { signal: context.signal })).value, API_KEY_VIEW);
  },
});
