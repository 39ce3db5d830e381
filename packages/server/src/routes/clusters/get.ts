import { defineHandler } from '../../pipeline/handler.ts';
import { loadCluster } from '../load.ts';
import { renderCluster } from './render-cluster.ts';

export const getCluster = defineHandler('clusters.get', {
  load: async (call, store) => ({ cluster: await loadCluster(store, call.params.tenant, call.params.name) }),
  decide: (_call, { cluster }) => ({ answer: { body: renderCluster(cluster), tagged: cluster } }),
});
