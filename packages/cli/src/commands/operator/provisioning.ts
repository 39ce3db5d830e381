import type { OperatorProvisioning } from '@openkupe/contract/operator';
import { type Command, command } from '../../command.ts';
import { operate, SOCKET_FLAGS } from '../../operator/operator-call.ts';
import { PROVISIONING_VIEW } from '../../operator/operator-views.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';

function switching(verb: 'pause' | 'resume', summary: string, why: string): Command {
  const path = `operator provisioning ${verb}`;
  return command({
    path,
    summary,
    examples: [{ run: `openkupe ${path}`, why }],
    args: {},
    flags: SOCKET_FLAGS,
    formats: FORMATS,
    isRemote: false,
    async run({ flags }, context) {
      const asked = { method: 'PUT', path: ['provisioning'], body: { isPaused: verb === 'pause' } } as const;
      return object(await operate<OperatorProvisioning>(flags, context, asked), PROVISIONING_VIEW);
    },
  });
}

/** `PUT provisioning` with `isPaused: true` on the operator socket. */
export const operatorProvisioningPause = switching(
  'pause',
  'Refuse new clusters of every tenant with 503 until it is resumed.',
  'before maintenance of what clusters are made on',
);
/** `PUT provisioning` with `isPaused: false` on the operator socket. */
export const operatorProvisioningResume = switching('resume', 'Accept new clusters again.', 'after the maintenance');
