import type { OperatorSecretVersion } from '@openkupe/contract/operator';
import { command, text } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { readFields } from '../../files/read-fields.ts';
import { operate, SOCKET_FLAGS } from '../../operator/operator-call.ts';
import { SECRET_VERSION_VIEW } from '../../operator/operator-views.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';

/** `PUT tenants/{tenant}/secret-values` on the operator socket, with values from a file or stdin. */
export const operatorSecretPut = command({
  path: 'operator secret put',
  summary: 'Put values at a path of the secrets backend that comes with the server. They replace what is there.',
  details:
    'The values come from a file, or from stdin with "-": every account of a machine can see the arguments of a command, and shells keep them.',
  examples: [
    { run: 'openkupe operator secret put acme services/db --from-file db.yaml', why: 'username: app, password: …' },
    { run: 'openkupe operator secret put acme services/db --from-file - <db.yaml', why: 'from stdin' },
  ],
  args: { tenant: { summary: 'The tenant.' }, path: { summary: 'The secretPath of the secrets that get these values.' } },
  flags: {
    fromFile: { ...text('file', 'YAML or JSON: one object of keys and texts; - for stdin.'), isRequired: true },
    ...SOCKET_FLAGS,
  },
  formats: FORMATS,
  isRemote: false,
  async run({ args, flags }, context) {
    const values = await readFields(flags.fromFile ?? '-', context.io);
    const wrong = Object.keys(values).find((key) => typeof values[key] !== 'string');
    if (wrong !== undefined) throw misuse(`The value of "${wrong}" is no text; put it in quotes.`);
    const path = ['tenants', args.tenant, 'secret-values'];
    const put = await operate<OperatorSecretVersion>(flags, context, { method: 'PUT', path, body: { path: args.path, values } });
    return object(put, SECRET_VERSION_VIEW);
  },
});
