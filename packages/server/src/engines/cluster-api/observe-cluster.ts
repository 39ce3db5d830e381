import { type ClusterRef, NOTHING, type Observation } from '../engine.ts';
import { isStatus } from '../kubernetes/kubernetes-error.ts';
import { hostNamespace, isOfCluster } from '../kubernetes/labels.ts';
import { OwnershipError } from '../kubernetes/ownership-error.ts';
import type { WorkloadState } from './check-workload.ts';
import type { ClusterApiDependencies } from './cluster-api-dependencies.ts';
import { type Cluster, observationOf, sentenceOf } from './cluster-observation.ts';
import { CLUSTER_CLASSES, CLUSTERS, NAMESPACES, type Namespace, NO_CLUSTER_API } from './host-resources.ts';

/** Nothing can be applied until a person has done something about `reason`; nothing is lost either, unless `exists` says that it is gone. */
const blocked = (exists: boolean, reason: string): Observation => {
  return { ...NOTHING, exists, appliedGeneration: Number.POSITIVE_INFINITY, reason, isFaulty: true };
};

/** Conditions of a namespace that say why its deletion does not end. */
const HELD_BY = /^Namespace(DeletionContentFailure|DeletionDiscoveryFailure|ContentRemaining|FinalizersRemaining)$/;

function terminating({ status }: Namespace): Observation {
  const held = status?.conditions?.find(({ type, status }) => HELD_BY.test(type) && status === 'True');
  return { ...NOTHING, exists: true, reason: held ? sentenceOf(held) : 'Its namespace on the host is being deleted' };
}

/** Where Cluster API and the ClusterClass are not both there, what is missing. A list, because a missing API answers to it with 404. */
async function whatIsMissing({ host, settings }: ClusterApiDependencies): Promise<string | undefined> {
  const { name, namespace } = settings.clusterClass;
  try {
    const { items } = await host.list(CLUSTER_CLASSES, { namespace });
    if (items.some(({ metadata }) => metadata.name === name)) return undefined;
    return `There is no ClusterClass "${name}" in namespace "${namespace}" on the host`;
  } catch (error) {
    if (isStatus(error, 404)) return NO_CLUSTER_API;
    throw error;
  }
}

/** The observation while there is no Cluster. */
async function observeNamespace(dependencies: ClusterApiDependencies, ref: ClusterRef): Promise<Observation> {
  const name = hostNamespace(ref);
  const found = await dependencies.host.get<Namespace>(NAMESPACES, { name });
  if (found && !isOfCluster(found, ref)) return blocked(false, new OwnershipError({ kind: 'Namespace', metadata: { name } }).message);
  if (found?.metadata.deletionTimestamp !== undefined) return terminating(found);
  const missing = await whatIsMissing(dependencies);
  if (missing) return blocked(found !== undefined, missing);
  return found ? { ...NOTHING, exists: true, reason: 'There is no Cluster in its namespace on the host' } : NOTHING;
}

/** {@link ClusterEngine.observe}. `check` asks the API server of the cluster. Rejects when the host does not answer. */
export async function observeCluster(
  dependencies: ClusterApiDependencies,
  ref: ClusterRef,
  check: (ref: ClusterRef) => Promise<WorkloadState | undefined>,
): Promise<Observation> {
  const { host, clock } = dependencies;
  const cluster = await host.get<Cluster>(CLUSTERS, { namespace: hostNamespace(ref), name: ref.name });
  if (!cluster) return observeNamespace(dependencies, ref);
  if (!isOfCluster(cluster, ref)) return blocked(false, new OwnershipError({ kind: 'Cluster', metadata: cluster.metadata }).message);
  const isDeleting = cluster.metadata.deletionTimestamp !== undefined;
  const state = isDeleting ? undefined : await check(ref);
  const observation = observationOf(cluster, state?.answers, clock.now());
  const { problem = '' } = state ?? {};
  const reason = state?.answers === false && problem !== '' ? problem : observation.reason || problem;
  return { ...observation, reason };
}
