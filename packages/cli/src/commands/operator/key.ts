import type { ApiKeyWithSecret } from '@openkupe/contract/resources/api-key';
import { choice, command, text } from '../../command.ts';
import { shellWord } from '../../command-line.ts';
import { operate, SOCKET_FLAGS } from '../../operator/operator-call.ts';
import { checkShowable } from '../../output/deliver.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { API_KEY_VIEW, type Deleted, deletedView } from '../../output/views.ts';
import { parseExpiry } from '../../settings/expiry.ts';
import { LIMIT_FLAGS, limitsOf } from '../apikey/limit-flags.ts';

/** `POST tenants/{tenant}/apikeys` on the operator socket. */
export const operatorKeyIssue = command({
  path: 'operator key issue',
  summary: 'Issue an API key for a tenant on behalf of its owner. The key is shown this once.',
  examples: [{ run: 'openkupe operator key issue acme -o json', why: 'with the key in .key' }],
  args: { tenant: { summary: 'The tenant.' } },
  flags: {
    name: text('name', 'What the key is for; "first admin key" if not given.'),
    role: choice('role', 'What the key may do; admin if not given.', ['admin', 'readonly']),
    expires: text('when', 'A duration like 30d, or a time like 2027-01-31T12:00:00Z; never if not given.'),
    ...LIMIT_FLAGS,
    ...SOCKET_FLAGS,
  },
  formats: FORMATS,
  isRemote: false,
  async run({ args, flags }, context) {
    const { name = 'first admin key', role = 'admin', expires } = flags;
    const expiresAt = expires === undefined ? {} : { expiresAt: parseExpiry(expires, context.clock.now()) };
    checkShowable(context.io.stdout, 'the key');
    const body = { displayName: name, role, ...expiresAt, ...limitsOf(flags) };
    const made = await operate<ApiKeyWithSecret>(flags, context, { method: 'POST', path: ['tenants', args.tenant, 'apikeys'], body });
    const socket = (['socket', 'data'] as const).map((name) => (flags[name] ? ` --${name} ${shellWord(flags[name])}` : '')).join('');
    const revoke = { run: `openkupe operator key revoke ${args.tenant} ${made.id}${socket}`, why: 'takes it back' };
    return object(made, API_KEY_VIEW, {
      made: `The API key ${made.id} was issued`,
      remedy: `take it back with "${revoke.run}" and issue another one`,
      next: [revoke],
      delivered: async () => context.note('Keep the key now; it cannot be shown again.'),
    });
  },
});

/** `DELETE tenants/{tenant}/apikeys/{id}` on the operator socket. */
export const operatorKeyRevoke = command({
  path: 'operator key revoke',
  summary: 'Revoke an API key of a tenant at once.',
  examples: [{ run: 'openkupe operator key revoke acme ak-7f3b2c1d', why: 'by its id' }],
  args: { tenant: { summary: 'The tenant.' }, id: { summary: 'The id of the key, like ak-7f3b2c1d.' } },
  flags: SOCKET_FLAGS,
  formats: FORMATS,
  isRemote: false,
  run: async ({ args, flags }, context) =>
    object(
      await operate<Deleted>(flags, context, { method: 'DELETE', path: ['tenants', args.tenant, 'apikeys', args.id] }),
      deletedView('apikey'),
    ),
});
