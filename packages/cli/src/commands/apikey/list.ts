import { command } from '../../command.ts';
import { FORMATS } from '../../output/format.ts';
import { list } from '../../output/result.ts';
import { API_KEY_VIEW } from '../../output/views.ts';

/** `GET /tenants/{tenant}/apikeys`. */
export const apiKeyList = command({
  path: 'apikey list',
  summary: 'List the API keys of the tenant, without the keys themselves.',
  examples: [{ run: 'openkupe apikey list', why: 'who has one, and when it was last used' }],
  args: {},
  flags: {},
  formats: FORMATS,
  isRemote: true,
  async run(_, context) {
    const client = await context.client();
    const { value } = await client.apiKeys.list({ signal: context.signal });
    return list(value, API_KEY_VIEW);
  },
});
