import { command } from '../../command.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { explanationView } from '../../output/views.ts';
import { clusterNextStep } from './next-step.ts';

/** `GET /tenants/{tenant}/clusters/{name}/explain`. */
export const clusterExplain = command({
  path: 'cluster explain',
  summary: 'Show what the control plane does next with a cluster, since when it waits, and for what.',
  examples: [{ run: 'openkupe cluster explain production', why: 'when it takes longer than you expect' }],
  args: { name: { summary: 'The name of the cluster.', names: 'cluster' } },
  flags: {},
  formats: FORMATS,
  isRemote: true,
  next: (failure, { name }) => clusterNextStep(failure, name),
  async run({ args: { name } }, context) {
    const client = await context.client();
    return object((await client.clusters.explain(name, { signal: context.signal })).value, explanationView(name));
  },
});
