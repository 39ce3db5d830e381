import type { OperatorVersion } from '@openkupe/contract/operator';
import { command } from '../../command.ts';
import { operate, SOCKET_FLAGS } from '../../operator/operator-call.ts';
import { VERSION_VIEW } from '../../operator/operator-views.ts';
import { FORMATS } from '../../output/format.ts';
import { list, object } from '../../output/result.ts';

/** `GET versions` on the operator socket. */
export const operatorVersionList = command({
  path: 'operator version list',
  summary: 'List the Kubernetes versions the engine can run, and which are offered.',
  examples: [{ run: 'openkupe operator version list', why: 'newest first; the first that is offered is the default' }],
  args: {},
  flags: SOCKET_FLAGS,
  formats: FORMATS,
  isRemote: false,
  async run({ flags }, context) {
    const { items } = await operate<{ items: OperatorVersion[] }>(flags, context, { method: 'GET', path: ['versions'] });
    return list(items, VERSION_VIEW);
  },
});

/** `PUT versions/{version}` on the operator socket. */
export const operatorVersionSet = command({
  path: 'operator version set',
  summary: 'Offer a Kubernetes version, retire it (creates get a warning), or withdraw it.',
  details: 'Clusters keep the version they have.',
  examples: [
    { run: 'openkupe operator version set 1.31 withdrawn', why: 'no cluster can be created with it, or upgraded to it, any more' },
  ],
  args: { version: { summary: 'A minor version like 1.32.' }, state: { summary: '`offered`, `retiring` or `withdrawn`.' } },
  flags: SOCKET_FLAGS,
  formats: FORMATS,
  isRemote: false,
  async run({ args, flags }, context) {
    const asked = { method: 'PUT', path: ['versions', args.version], body: { state: args.state } } as const;
    return object(await operate<OperatorVersion>(flags, context, asked), VERSION_VIEW);
  },
});
