import { command } from '../../command.ts';
import { FORMATS } from '../../output/format.ts';
import { list } from '../../output/result.ts';
import { API_KEY_VIEW } from '../../output/views.ts';
import { LIMIT_FLAG, readItems } from '../read-items.ts';

/** `GET /tenants/{tenant}/apikeys`. */
export const apiKeyList = command({
  path: 'apikey list',
  summary: 'List the API keys of the tenant, without the keys themselves.',
  examples: [{ run: 'openkupe apikey list', why: 'who has one, and when it was last used' }],
  args: {},
  flags: LIMIT_FLAG,
  formats: FORMATS,
  isRemote: true,
  isList: true,
  async run({ flags: { limit } }, context) {
    const client = await context.client();
    return list(await readItems(client.apiKeys, {}, { limit, signal: context.signal }), API_KEY_VIEW);
  },
});
