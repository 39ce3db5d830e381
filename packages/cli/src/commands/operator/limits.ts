import { command } from '../../command.ts';
import { operate, SOCKET_FLAGS } from '../../operator/operator-call.ts';
import { type AddressLimits, LIMITS_VIEW } from '../../operator/operator-views.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';

const ADDRESS = { address: { summary: 'An IPv4 or IPv6 address; IPv6 is counted by its /64.' } };

/** `GET limits/{address}` on the operator socket. */
export const operatorLimitsShow = command({
  path: 'operator limits show',
  summary: 'Show what is counted about a client address now.',
  examples: [{ run: 'openkupe operator limits show 203.0.113.7', why: 'why does it get 429?' }],
  args: ADDRESS,
  flags: SOCKET_FLAGS,
  formats: FORMATS,
  isRemote: false,
  run: async ({ args, flags }, context) =>
    object(await operate<AddressLimits>(flags, context, { method: 'GET', path: ['limits', args.address] }), LIMITS_VIEW),
});

/** `DELETE limits/{address}` on the operator socket. */
export const operatorLimitsForgive = command({
  path: 'operator limits forgive',
  summary: 'Give an address its full quota back and forget its failed logins.',
  examples: [{ run: 'openkupe operator limits forgive 203.0.113.7', why: 'after a script with a wrong key was stopped' }],
  args: ADDRESS,
  flags: SOCKET_FLAGS,
  formats: FORMATS,
  isRemote: false,
  run: async ({ args, flags }, context) =>
    object(await operate<AddressLimits>(flags, context, { method: 'DELETE', path: ['limits', args.address] }), LIMITS_VIEW),
});
