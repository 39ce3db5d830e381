import type { ClusterEngine, ClusterRef } from '../engine.ts';
import { deleteClusterSecret, putClusterSecret } from '../kubernetes/cluster-secrets.ts';
import { followClusters } from '../kubernetes/follow-clusters.ts';
import { isStatus } from '../kubernetes/kubernetes-error.ts';
import { hostNamespace } from '../kubernetes/labels.ts';
import { AccessSecretError } from './admin-access.ts';
import { applyCluster } from './apply-cluster.ts';
import { createWorkloadCheck, type WorkloadState } from './check-workload.ts';
import type { ClusterApiDependencies } from './cluster-api-dependencies.ts';
import { destroyCluster } from './destroy-cluster.ts';
import { CLUSTERS, FOLLOWED } from './host-resources.ts';
import { nodesFor } from './nodes-for.ts';
import { observeCluster } from './observe-cluster.ts';
import { catalogueOf, whyNotAfter, whyNotDuringMove } from './version-catalogue.ts';
import { createWorkloadClients } from './workload-clients.ts';

/** Of what the host says, in UTF-16 code units. */
const MOST_REFUSAL = 300;

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
  /** Why the host refused the last apply of a cluster, by uid: a webhook, a quota, a right that is missing, a field that it does not know. */
  const refusals = new Map<string, { readonly generation: number; readonly reason: string }>();

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

  return {
    versions: () => versions,
    whyNotAfter,
    whyNotDuringMove: (running, asked) => whyNotDuringMove(settings, running, asked),
    validate: ({ resources }) => {
      const { most } = settings.nodes;
      const count = nodesFor(settings, resources);
      if (count <= most) return [];
      const message = `resources need ${count} nodes of ${settings.node.cpu} cores and ${settings.node.memory}; a dedicated cluster can have ${most}`;
      return [{ field: 'resources', message }];
    },
    async apply(ref, spec, generation) {
      try {
        await applyCluster(dependencies, ref, spec, generation);
        refusals.delete(ref.uid);
      } catch (error) {
        const reason = `The host refuses its Cluster: ${(error as Error).message.slice(0, MOST_REFUSAL)}`;
        if (isStatus(error, 400, 403, 422)) refusals.set(ref.uid, { generation, reason });
        throw error;
      }
    },
    async observe(ref) {
      const seen = await observeCluster(dependencies, ref, check);
      const refusal = refusals.get(ref.uid);
      const isRefused = refusal !== undefined && seen.appliedGeneration < refusal.generation;
      return isRefused ? { ...seen, reason: refusal.reason, isFaulty: true } : seen;
    },
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
    async destroy(ref) {
      refusals.delete(ref.uid);
      const outcome = await destroyCluster(host, ref);
      if (outcome === 'gone') workloads.forget(ref.uid);
      return outcome;
    },
    onChange: (listener) => followClusters(dependencies, FOLLOWED, listener, closing.signal),
    async close() {
      closing.abort();
      workloads.close();
      host.close();
    },
  };
}
