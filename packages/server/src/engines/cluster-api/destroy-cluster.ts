import type { ClusterRef } from '../engine.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { hostNamespace, isOfCluster } from '../kubernetes/labels.ts';
import type { Cluster } from './cluster-observation.ts';
import { CLUSTERS, NAMESPACES, type Namespace } from './host-resources.ts';

/**
 * {@link ClusterEngine.destroy}: the Cluster first, and its namespace once there is no Cluster any more. The other way round, or with the objects
 * of a Cluster first, its machines are left running: https://cluster-api.sigs.k8s.io/tasks/experimental-features/cluster-class/
 * A namespace with a Cluster that is not openkupe's is not deleted.
 */
export async function destroyCluster(host: KubernetesClient, ref: ClusterRef): Promise<'deleting' | 'gone'> {
  const namespace = hostNamespace(ref);
  const found = await host.get<Namespace>(NAMESPACES, { name: namespace });
  if (!found || !isOfCluster(found, ref)) return 'gone';
  // NOTE: of a host without Cluster API this rejects (404), where a read of the one Cluster would say that there is none.
  const { items } = await host.list<Cluster>(CLUSTERS, { namespace });
  const foreign = items.find((cluster) => !isOfCluster(cluster, ref));
  for (const { metadata } of items.filter((cluster) => isOfCluster(cluster, ref))) {
    if (metadata.deletionTimestamp === undefined) await host.delete(CLUSTERS, metadata, { uid: metadata.uid });
  }
  if (foreign) {
    throw new Error(`Namespace "${namespace}" on the host has Cluster "${foreign.metadata.name}", which is not openkupe's; move it away`);
  }
  if (items.length > 0) return 'deleting';
  if (found.metadata.deletionTimestamp !== undefined) return 'deleting';
  return host.delete(NAMESPACES, { name: namespace }, { uid: found.metadata.uid });
}
