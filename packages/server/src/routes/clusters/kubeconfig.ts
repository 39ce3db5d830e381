import { SUGGESTED_WAITS } from '@openkupe/contract';
import { unavailable } from '../../errors/refusal.ts';
import type { Resource } from '../../store/resource.ts';
import { defineHandler, type RouteHandler } from '../define-handler.ts';
import { loadCluster, requireReadable } from '../load.ts';
import { phaseOf } from './render-cluster.ts';

/** 503 until the cluster was ready once; from then on the endpoint and the CA stay, so that a Degraded cluster can be looked into. */
const handler: RouteHandler<undefined, { cluster: Resource<'cluster'> }> = {
  load: async (call, { store }) => ({ cluster: await loadCluster(store, call.params.tenant, call.params.name) }),
  decide(_call, { cluster }, { engine }) {
    requireReadable(cluster, engine);
    const { endpoint, caPem, waitingFor } = cluster.observed;
    if (endpoint === '' || caPem === '') {
      const detail = waitingFor === '' ? '' : ` (${waitingFor})`;
      throw unavailable(
        `Cluster "${cluster.name}" is not yet ready: its phase is ${phaseOf(cluster)}${detail}; retry with backoff`,
        SUGGESTED_WAITS.clusterBecomingReadyMs,
        'cluster-not-ready',
      );
    }
    return { answer: { body: { endpoint, certificateAuthority: Buffer.from(caPem).toString('base64') } } };
  },
};

/** Where the API server of a cluster is, and the CA of its certificate. */
export const clusterKubeconfig = defineHandler('clusters.kubeconfig', handler);
/** The same answer under a second path, for clients that know it by that name. */
export const clusterConnectionDetails = defineHandler('clusters.connection-details', handler);
