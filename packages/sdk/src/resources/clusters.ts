import type { Cluster, ClusterCreate, ClusterPatch, ConnectionDetails } from '@openkupe/contract/resources/cluster';
import type { Answer, CallOptions } from '../call.ts';
import type { Engine } from '../engine.ts';
import { askOnce } from './ask.ts';
import { type ClusterCondition, type ClusterWaitOptions, createClusterWaiting } from './cluster-wait.ts';
import { type Collection, createCollection } from './collection.ts';
import { decoderOf } from './decode-resource.ts';
import { decodeObject } from './exchange-to-answer.ts';
import { createNewNames } from './new-names.ts';
import { apiPath } from './paths.ts';

export interface Clusters extends Collection<Cluster, ClusterCreate, ClusterPatch> {
  /** Where the cluster answers and the CA to trust: what a kubeconfig is made of. 503 until it was ready once. */
  connection(name: string, options?: CallOptions): Promise<Answer<ConnectionDetails>>;
  /**
   * Waits until the cluster is as it is wanted: `Running`, `deleted`, or whatever a function says of it. The attempts of the answer are
   * those of the last look.
   *
   * @example
   * await client.clusters.waitFor('production', 'Running', { timeoutMs: 600_000 });
   * await client.clusters.waitFor('production', (cluster) => cluster?.status.phase !== 'Provisioning');
   */
  waitFor(name: string, condition: 'Running', options?: ClusterWaitOptions): Promise<Answer<Cluster>>;
  waitFor(name: string, condition: ClusterCondition, options?: ClusterWaitOptions): Promise<Answer<Cluster | undefined>>;
}

/** The clusters of one tenant. */
export function createClusters(engine: Engine, tenant: string): Clusters {
  const newNames = createNewNames();
  const path = (...name: string[]) => apiPath('tenants', tenant, 'clusters', ...name);
  const clusters = createCollection<Cluster, ClusterCreate, ClusterPatch>(engine, {
    kind: 'clusters',
    tenant,
    ...decoderOf<Cluster>('cluster'),
    isDeleting: ({ status }) => status.phase === 'Terminating',
  });
  return {
    ...clusters,
    async create(body, options) {
      const made = await clusters.create(body, options);
      newNames.add(body.name);
      return made;
    },
    get: (name, ...rest) => newNames.seen(name, clusters.get(name, ...rest)),
    update: (name, ...rest) => newNames.seen(name, clusters.update(name, ...rest)),
    patch: (name, ...rest) => newNames.seen(name, clusters.patch(name, ...rest)),
    delete: (name, ...rest) => newNames.seen(name, clusters.delete(name, ...rest)),
    async connection(name, options) {
      const step = { route: 'clusters.kubeconfig', method: 'GET', path: path(name, 'kubeconfig') } as const;
      return askOnce(engine, step, decodeObject<ConnectionDetails>, options);
    },
    waitFor: createClusterWaiting(engine, { path, newNames }) as Clusters['waitFor'],
  };
}
