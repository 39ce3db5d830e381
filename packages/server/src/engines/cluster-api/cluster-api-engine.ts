import { createKeyedMutex } from '../../store/keyed-mutex.ts';
import type { ClusterEngine, ClusterRef } from '../engine.ts';
import { deleteClusterSecret, putClusterSecret } from '../kubernetes/cluster-secrets.ts';
import { followClusters } from '../kubernetes/follow-clusters.ts';
import { hostNamespace } from '../kubernetes/labels.ts';
import { whyNotNext } from '../version-step.ts';
import { AccessSecretError } from './admin-access.ts';
import { applyCluster } from './apply-cluster.ts';
import { createWorkloadCheck, type WorkloadState } from './check-workload.ts';
import type { ClusterApiDependencies } from './cluster-api-dependencies.ts';
import { destroyCluster } from './destroy-cluster.ts';
import { CLUSTERS, FOLLOWED } from './host-resources.ts';
import { nodesFor } from './nodes-for.ts';
import { observeCluster } from './observe-cluster.ts';
import { createRefusedApplies } from './refused-applies.ts';
import { catalogueOf, whyNotDuringMove } from './version-catalogue.ts';
import { createWorkloadClients } from './workload-clients.ts';

/**
 * Clusters by Cluster API: each is one Cluster with a managed topology of the operator's ClusterClass, in a namespace of its own on the
 * management cluster. What the engine knows of a cluster is on its Cluster, so that a restart loses nothing but why the
 * last apply was refused.
 */
export function createClusterApiEngine(dependencies: ClusterApiDependencies): ClusterEngine {
  const { host, settings } = dependencies;
  const workloads = createWorkloadClients(host);
  const checkWorkload = createWorkloadCheck(dependencies.clock);
  const versions = catalogueOf(settings);
  const closing = new AbortController();
  const mutex = createKeyedMutex();
  /** One call for a cluster at a time: of two at once the one would meet a conflict with the other. */
  const exclusively = <T>(ref: ClusterRef, verb: () => Promise<T>) => mutex.run(ref.uid, verb);
  const refused = createRefusedApplies();

  /** Asks the cluster's API server; `undefined` before there is access to it. */
  async function check(ref: ClusterRef): Promise<WorkloadState | undefined> {
    try {
      const workload = await workloads.open(ref);
      return workload && (await checkWorkload(ref, workload));
    } catch (error) {
      if (error instanceof AccessSecretError) return { answers: false, problem: error.message };
      throw error;
    }
  }

  async function destroy(ref: ClusterRef): Promise<'deleting' | 'gone'> {
    refused.forget(ref);
    const outcome = await destroyCluster(host, ref);
    if (outcome === 'gone') workloads.forget(ref.uid);
    return outcome;
  }

  return {
    versions: () => versions,
    whyNotAfter: whyNotNext,
    whyNotDuringMove: (running, asked) => whyNotDuringMove(settings, running, asked),
    validate: ({ resources }) => {
      const { most } = settings.nodes;
      const count = nodesFor(settings, resources);
      if (count <= most) return [];
      const message = `resources need ${count} nodes of ${settings.node.cpu} cores and ${settings.node.memory}; a dedicated cluster can have ${most}`;
      return [{ field: 'resources', message }];
    },
    apply: (ref, spec, generation) =>
      exclusively(ref, () => refused.remember(ref, generation, () => applyCluster(dependencies, ref, spec, generation))),
    observe: (ref) => exclusively(ref, async () => refused.shownIn(ref, await observeCluster(dependencies, ref, check))),
    unreadable: () => undefined,
    async access(ref) {
      const workload = await workloads.open(ref);
      return workload && { endpoint: workload.access.endpoint, caPem: workload.access.caPem };
    },
    async putSecret(ref, secret) {
      const workload = await workloads.open(ref);
      return workload ? putClusterSecret(workload.client, ref, secret) : 'not-ready';
    },
    async deleteSecret(ref, secret) {
      const workload = await workloads.open(ref);
      if (workload) return deleteClusterSecret(workload.client, secret);
      // NOTE: without a Cluster there is nothing that could hold the Secret; with one, its access may come back.
      return (await host.get(CLUSTERS, { namespace: hostNamespace(ref), name: ref.name })) ? 'not-ready' : 'gone';
    },
    destroy: (ref) => exclusively(ref, () => destroy(ref)),
    onChange: (listener) => followClusters(dependencies, FOLLOWED, listener, closing.signal),
    async close() {
      closing.abort();
      await mutex.idle();
      workloads.close();
      host.close();
    },
  };
}
