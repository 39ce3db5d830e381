import { defineHandler } from '../define-handler.ts';
import { loadCluster, requireReadable } from '../load.ts';
import { renderedCluster } from './render-cluster.ts';

/** One cluster with its status. 500 where what the engine keeps of it cannot be read. */
export const getCluster = defineHandler('clusters.get', {
  load: async (call, { store }) => ({ cluster: await loadCluster(store, call.params.tenant, call.params.name) }),
  decide(_call, { cluster }, { engine }) {
    requireReadable(cluster, engine);
    return { answer: { ...renderedCluster(cluster), tagged: cluster } };
  },
});
