import { command, on } from '../../command.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { deletedView } from '../../output/views.ts';
import { WAIT_LIMITS_MS, waitCommand, waitForCluster } from '../../wait/wait-for-cluster.ts';
import { confirmDeletion } from '../confirm-deletion.ts';
import { noteValid, VALIDATE_FLAG } from '../validate-flag.ts';
import { WAIT_FLAGS } from '../wait-flags.ts';
import { clusterNextStep } from './next-step.ts';

/** `DELETE /tenants/{tenant}/clusters/{name}` after a confirmation, then waits for 404. */
export const clusterDelete = command({
  path: 'cluster delete',
  summary: 'Delete a cluster and wait until it is gone.',
  details: 'Its workloads and storage are destroyed. On a terminal its name must be typed; elsewhere --yes is needed.',
  examples: [
    { run: 'openkupe cluster delete staging', why: 'asks for its name' },
    { run: 'openkupe cluster delete staging --yes --no-wait', why: 'in a script' },
  ],
  args: { name: { summary: 'The name of the cluster.', names: 'cluster' } },
  flags: { yes: on('Do not ask.'), ...WAIT_FLAGS, ...VALIDATE_FLAG },
  formats: FORMATS,
  isRemote: true,
  next: (failure, { name }) => clusterNextStep(failure, name),
  async run({ args: { name }, flags }, context) {
    if (flags.validateOnly) {
      await (await context.client()).clusters.delete(name, { signal: context.signal, validateOnly: true });
      noteValid(context);
      return { kind: 'nothing' };
    }
    await confirmDeletion(
      context,
      { noun: 'cluster', name, loses: 'its workloads and storage', command: `openkupe cluster delete ${name}` },
      flags.yes,
    );
    const client = await context.client();
    await client.clusters.delete(name, { signal: context.signal });
    const view = deletedView('cluster');
    if (flags.noWait) {
      context.note(`Accepted; wait with: ${waitCommand(context, name, 'deleted')}`);
      return object({ name, status: { phase: 'Terminating' } }, view);
    }
    const timeoutMs = flags.timeout ?? WAIT_LIMITS_MS.deleted;
    await waitForCluster(context, client, { name, goal: 'deleted', generation: 0, isNew: false, timeoutMs });
    return object({ name, status: { phase: 'Deleted' } }, view);
  },
});
