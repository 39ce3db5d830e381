import { defineHandler } from '../define-handler.ts';
import { textOfEach } from '../render-each.ts';
import { renderedCluster } from './render-cluster.ts';

/** Every cluster of the tenant by name, those that are being deleted too. */
export const listClusters = defineHandler('clusters.list', {
  async load(call, { store }) {
    return { clusters: (await store.scan('cluster', call.params.tenant ?? '')).rows };
  },
  decide: (_call, { clusters }) => ({ answer: { items: textOfEach(clusters, (one) => renderedCluster(one).text) } }),
});
