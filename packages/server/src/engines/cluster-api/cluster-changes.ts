import type { ClusterEngine } from '../engine.ts';
import { createInformer } from '../kubernetes/informer.ts';
import type { KubernetesObject } from '../kubernetes/kubernetes-object.ts';
import type { ClusterApiDependencies } from './cluster-api-dependencies.ts';
import { CLUSTERS } from './host-resources.ts';

/** Changes of the Clusters on the host. */
export interface ClusterChanges {
  /** {@link ClusterEngine.onChange} */
  onChange: NonNullable<ClusterEngine['onChange']>;
  close(): Promise<void>;
}

/** Follows all Clusters of openkupe by one watch: changes by Cluster API, by other programs, and removals. */
export function followClusters({ host: client, clock, random }: Pick<ClusterApiDependencies, 'host' | 'clock' | 'random'>): ClusterChanges {
  const informer = createInformer<KubernetesObject>({ client, clock, random }, { resource: CLUSTERS });
  /** By uid. A Cluster that is removed says its name no more. */
  const known = new Map<string, { readonly tenant: string; readonly name: string }>();
  return {
    onChange(listener) {
      informer.onChange((uid) => {
        const labels = informer.of(uid)[0]?.metadata.labels;
        const { 'kupe.io/tenant': tenant, 'kupe.io/cluster': name } = labels ?? {};
        const ref = tenant !== undefined && name !== undefined ? { tenant, name } : known.get(uid);
        if (labels && ref) known.set(uid, ref);
        else known.delete(uid);
        if (ref) listener(ref);
      });
    },
    close: () => informer.close(),
  };
}
