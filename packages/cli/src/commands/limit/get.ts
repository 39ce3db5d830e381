import { command } from '../../command.ts';
import { LIMIT_VIEW } from '../../output/billing-views.ts';
import { FORMATS } from '../../output/format.ts';
import { list } from '../../output/result.ts';

/** `GET /tenants/{tenant}/limits`. */
export const limitGet = command({
  path: 'limit get',
  summary: 'Show the limits that apply to you here, and what is left of each.',
  details: 'A read that is answered is not counted against the address.',
  examples: [{ run: 'openkupe limit get', why: 'before a script that sends much' }],
  args: {},
  flags: {},
  formats: FORMATS,
  isRemote: true,
  isList: true,
  async run(_, context) {
    return list((await (await context.client()).limits.get({ signal: context.signal })).value, LIMIT_VIEW);
  },
});
