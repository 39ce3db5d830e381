import { clusterEntries } from '../../billing/ledger-entries.ts';
import { defineHandler } from '../define-handler.ts';
import { loadCluster, sameStatus } from './load-cluster.ts';

/** Repeating it while the cluster terminates is 204 again and changes nothing. */
export const deleteCluster = defineHandler('clusters.delete', {
  async load(call, { store }) {
    const cluster = await loadCluster(store, call.params.tenant, call.params.name);
    return { cluster, ...(cluster.deletedAt === undefined ? { precondition: cluster } : {}) };
  },
  decide(call, { cluster }) {
    if (cluster.deletedAt !== undefined) return { answer: {} };
    const key = { kind: 'cluster', tenant: cluster.tenant, name: cluster.name } as const;
    return {
      target: `clusters/${cluster.name}`,
      writes: [{ verb: 'mark-deleted-if', key, expectedVersion: cluster.resourceVersion }, sameStatus(cluster)],
      ledger: clusterEntries(cluster, { deletedAt: call.now }, call.billedNow),
      events: [{ key, type: 'deletion-accepted', message: `Deletion of cluster "${cluster.name}" was accepted` }],
      wake: [key],
      answer: {},
    };
  },
});
