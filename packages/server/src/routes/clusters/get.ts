import { defineHandler } from '../define-handler.ts';
import { loadCluster } from '../load.ts';
import { renderCluster } from './render-cluster.ts';
import { requireReadable } from './require-readable.ts';

export const getCluster = defineHandler('clusters.get', {
  load: async (call, { store }) => ({ cluster: await loadCluster(store, call.params.tenant, call.params.name) }),
  decide(_call, { cluster }, { engine }) {
    requireReadable(cluster, engine);
    return { answer: { body: renderCluster(cluster), tagged: cluster } };
  },
});
