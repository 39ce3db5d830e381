import { command } from '../../command.ts';
import { FORMATS } from '../../output/format.ts';
import { list } from '../../output/result.ts';
import { CLUSTER_VIEW } from '../../output/views.ts';

/** `GET /tenants/{tenant}/clusters`. */
export const clusterList = command({
  path: 'cluster list',
  summary: 'List the clusters of the tenant, by name.',
  examples: [
    { run: 'openkupe cluster list', why: 'a table' },
    { run: 'openkupe cluster list -o name', why: 'one cluster/NAME a line, for scripts' },
  ],
  args: {},
  flags: {},
  formats: FORMATS,
  isRemote: true,
  async run(_, context) {
    const client = await context.client();
    const { value } = await client.clusters.list({ signal: context.signal });
    return list(value, CLUSTER_VIEW);
  },
});
