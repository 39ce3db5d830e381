import { CLUSTER_PHASES } from '@openkupe/contract/cluster-lifecycle';
import { choice, command, on, short, text } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { FORMATS } from '../../output/format.ts';
import { list } from '../../output/result.ts';
import { CLUSTER_VIEW } from '../../output/views.ts';
import { filterFlag, filterOf } from '../filter-flag.ts';
import { LIMIT_FLAG, readItems } from '../read-items.ts';
import { watchClusters } from './watch-list.ts';

/** `GET /tenants/{tenant}/clusters`. */
export const clusterList = command({
  path: 'cluster list',
  summary: 'List the clusters of the tenant, by name.',
  examples: [
    { run: 'openkupe cluster list', why: 'a table' },
    { run: 'openkupe cluster list --watch', why: 'what they are, as it changes' },
    {
      run: "openkupe cluster list -o 'jsonpath=$.items[*].status.endpoint'",
      why: 'where each of them answers, by a JSONPath query (RFC 9535)',
    },
    { run: 'openkupe cluster list --columns NAME,TEAM:.labels.team --sort-by -CREATED', why: 'columns of your own' },
    { run: 'openkupe cluster list -o name', why: 'one cluster/NAME a line, for scripts' },
    { run: "openkupe cluster list -l 'env=prod,tier in (web,api)'", why: 'by labels, as with kubectl' },
    { run: 'openkupe cluster list --phase Degraded --name-prefix prod-', why: 'only what needs attention' },
  ],
  args: {},
  flags: {
    watch: on('Go on: each cluster on a line, and again whenever it changes, until it is interrupted.'),
    phase: choice('phase', 'Only clusters in this phase.', CLUSTER_PHASES),
    version: text('version', 'Only clusters that are to have this version, like 1.32.'),
    type: choice('type', 'Only clusters of this type.', ['shared', 'dedicated']),
    namePrefix: text('text', 'Only clusters whose name begins like this.'),
    selector: short('l', text('selector', 'Only clusters with these labels, like env=prod,tier in (web,api),!old.')),
    ...filterFlag(['phase', 'version', 'type', 'namePrefix', 'labelSelector']),
    ...LIMIT_FLAG,
  },
  formats: FORMATS,
  isRemote: true,
  isList: true,
  async run({ flags: { watch, phase, version, type, namePrefix, selector: labelSelector, limit, filter: given } }, context) {
    const filter = filterOf(given, { phase, version, type, namePrefix, labelSelector });
    if (watch && limit !== undefined) throw misuse('--limit has no meaning with --watch; leave one of them out.');
    if (watch) {
      await watchClusters(context, filter);
      return { kind: 'nothing' };
    }
    const client = await context.client();
    return list(await readItems(client.clusters, filter, { limit, signal: context.signal }), CLUSTER_VIEW);
  },
});
