import { defineHandler } from '../../pipeline/handler.ts';
import { renderCluster } from './render-cluster.ts';

export const listClusters = defineHandler('clusters.list', {
  async load(call, store) {
    return { clusters: await store.list('cluster', call.params.tenant) };
  },
  decide: (_call, { clusters }) => ({ answer: { body: { items: clusters.map((cluster) => renderCluster(cluster)) } } }),
});
