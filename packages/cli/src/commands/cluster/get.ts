import { command } from '../../command.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { CLUSTER_VIEW } from '../../output/views.ts';
import { clusterNextStep } from './next-step.ts';

/** `GET /tenants/{tenant}/clusters/{name}`. */
export const clusterGet = command({
  path: 'cluster get',
  summary: 'Show a cluster.',
  examples: [
    { run: 'openkupe cluster get production', why: 'what it is and what it waits for' },
    { run: 'openkupe cluster get production -o json', why: 'the object of the API' },
  ],
  args: { name: { summary: 'The name of the cluster.', names: 'cluster' } },
  flags: {},
  formats: FORMATS,
  isRemote: true,
  next: (failure, { name }) => clusterNextStep(failure, name),
  async run({ args }, context) {
    const client = await context.client();
    const { value } = await client.clusters.get(args.name, { signal: context.signal });
    return object(value, CLUSTER_VIEW);
  },
});
