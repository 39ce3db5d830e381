import { choice, command, required } from '../../command.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { CLUSTER_VIEW, deletedView } from '../../output/views.ts';
import { GOALS } from '../../wait/goal.ts';
import { WAIT_LIMITS_MS, waitForCluster } from '../../wait/wait-for-cluster.ts';
import { WAIT_FLAGS } from '../wait-flags.ts';
import { clusterNextStep } from './next-step.ts';

/** Reads `GET …/clusters/{name}` at each of its events, and now and then, until the goal is reached. See {@link waitForCluster}. */
export const clusterWait = command({
  path: 'cluster wait',
  summary: 'Wait until a cluster runs, terminates or is gone.',
  details:
    'Where the server streams events, the cluster is read at each of its own, otherwise now and then. A degraded cluster ends the wait for running with exit code 1. A cluster that does not exist counts as deleted.',
  examples: [
    { run: 'openkupe cluster wait production --for running', why: 'after create --no-wait' },
    { run: 'openkupe cluster wait production --for deleted --timeout 0', why: 'checks once: 0 if gone, 8 if not yet' },
  ],
  args: { name: { summary: 'The name of the cluster.', names: 'cluster' } },
  flags: { for: required(choice('state', 'What to wait for.', GOALS)), timeout: WAIT_FLAGS.timeout },
  formats: FORMATS,
  isRemote: true,
  next: (failure, { name }) => clusterNextStep(failure, name),
  async run({ args: { name }, flags }, context) {
    const client = await context.client();
    const goal = flags.for;
    const timeoutMs = flags.timeout ?? WAIT_LIMITS_MS[goal];
    const cluster = await waitForCluster(context, client, { name, goal, generation: 0, isNew: false, timeoutMs });
    return cluster ? object(cluster, CLUSTER_VIEW) : object({ name, status: { phase: 'Deleted' } }, deletedView('cluster'));
  },
});
