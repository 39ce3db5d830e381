import { command } from '../../command.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { fetchCaller, SESSION_VIEW, sessionOf } from './session.ts';

/** `GET /tenants/{tenant}` and `GET /session`: who the credentials belong to. */
export const authWhoami = command({
  path: 'auth whoami',
  summary: 'Show who works on which tenant, and until when.',
  details: 'Asks the server, so that a key or sign-in that has ended is noticed.',
  examples: [{ run: 'openkupe auth whoami', why: 'before doing something that matters' }],
  args: {},
  flags: {},
  formats: FORMATS,
  isRemote: true,
  async run(_, context) {
    const credentials = await context.credentials();
    return object(sessionOf(credentials, await fetchCaller(credentials, context)), SESSION_VIEW);
  },
});
