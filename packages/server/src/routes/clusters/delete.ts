import { clusterEntries } from '../../billing/ledger-entries.ts';
import { keyOf, markDeletedIf, observeIf } from '../../store/writes.ts';
import { defineHandler } from '../define-handler.ts';
import { loadCluster } from '../load.ts';

/** Repeating it while the cluster terminates is 204 again and changes nothing. */
export const deleteCluster = defineHandler('clusters.delete', {
  async load(call, { store }) {
    const cluster = await loadCluster(store, call.params.tenant, call.params.name);
    return { cluster, ...(cluster.deletedAt === undefined ? { precondition: cluster } : {}) };
  },
  decide(call, { cluster }) {
    if (cluster.deletedAt !== undefined) return { answer: {} };
    const key = keyOf(cluster);
    return {
      target: `clusters/${cluster.name}`,
      // NOTE: what is billed depends on the status too: a cluster that became ready since it was loaded is decided again.
      writes: [markDeletedIf(cluster), observeIf(cluster)],
      ledger: clusterEntries(cluster, { deletedAt: call.now }, call.billedNow()),
      events: [{ key, type: 'deletion-accepted', message: `Deletion of cluster "${cluster.name}" was accepted` }],
      wake: [key],
      answer: {},
    };
  },
});
