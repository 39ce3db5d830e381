import type { Call } from '../../pipeline/handler.ts';
import type { Resource } from '../../store/resource.ts';
import { defineHandler } from '../define-handler.ts';
import { readPage } from '../read-page.ts';
import { textOfEach } from '../render-each.ts';
import { phaseOf, renderedCluster } from './render-cluster.ts';

const plain = (version: string) => version.replace(/^v/, '');

/** What `phase`, `version` and `type` ask for; `undefined` where none of them was sent. */
function filterOf({ phase, version, type }: Call['query']): ((cluster: Resource<'cluster'>) => boolean) | undefined {
  if (phase === undefined && version === undefined && type === undefined) return undefined;
  const isVersion = (asked: string) => version === undefined || `${plain(asked)}.`.startsWith(`${plain(version)}.`);
  return (cluster) =>
    (phase === undefined || phaseOf(cluster) === phase) &&
    (type === undefined || cluster.spec.type === type) &&
    isVersion(cluster.spec.version);
}

/** The clusters of the tenant by name, those that are being deleted too. */
export const listClusters = defineHandler('clusters.list', {
  load: (call, deps) => readPage('cluster', call, deps, filterOf(call.query)).then((page) => ({ page })),
  decide: (_call, { page: { rows, ...page } }) => ({ answer: { ...page, items: textOfEach(rows, (one) => renderedCluster(one).text) } }),
});
