import {
  type Cluster,
  type ClusterPhase,
  type ClusterStatus,
  type Condition,
  clusterPhase,
  formatTime,
  type Warning,
} from '@openkupe/contract';
import { clusterFacts } from '../../store/cluster-facts.ts';
import type { HighAvailabilityObserved, Resource } from '../../store/resource.ts';
import { renderOnce } from '../render-each.ts';

/** The phase of a stored cluster. */
export function phaseOf(cluster: Resource<'cluster'>): ClusterPhase {
  return clusterPhase(clusterFacts(cluster));
}

function readyCondition(cluster: Resource<'cluster'>, phase: ClusterPhase): Condition {
  const { observed } = cluster;
  return {
    type: 'Ready',
    status: phase === 'Running' || phase === 'Upgrading' ? 'True' : 'False',
    reason: phase,
    message: observed.degraded ?? (observed.waitingFor || (observed.lacks ?? '')),
    lastTransitionTime: formatTime(cluster.deletedAt ?? observed.readyAt ?? observed.acceptedAt ?? cluster.createdAt),
  };
}

/** Why a change of a cluster that runs is not in effect yet, and since when it is worked on. */
function rolloutSentence({ generation, observed: { pending, waitingFor } }: Resource<'cluster'>): string {
  if (pending?.generation !== generation) return 'The change has to be applied';
  return `${waitingFor || 'The change has to take effect'}, since ${formatTime(pending.since)}`;
}

/** Whether what is desired is in effect. While it is not, and the cluster runs, its message says what is being waited for. */
function upToDateCondition(cluster: Resource<'cluster'>, phase: ClusterPhase): Condition {
  const { generation, createdAt, observed } = cluster;
  const isUpToDate = observed.observedGeneration >= generation;
  return {
    type: 'UpToDate',
    status: isUpToDate ? 'True' : 'False',
    reason: isUpToDate ? 'AsDesired' : phase,
    message: phase === 'Upgrading' ? rolloutSentence(cluster) : '',
    lastTransitionTime: formatTime(observed.pending?.since ?? observed.readyAt ?? createdAt),
  };
}

const REPLICAS = 3;
const NOT_SEEN: HighAvailabilityObserved = { phase: 'pending', replicasReady: 0, etcdReplicasReady: 0 };

function highAvailabilityStatus(
  cluster: Resource<'cluster'>,
): Omit<ClusterStatus, 'phase' | 'kubernetesVersion' | 'endpoint' | 'conditions' | 'metrics' | 'observedGeneration'> {
  const desired = cluster.spec.highAvailability ? REPLICAS : 0;
  const { phase, replicasReady, etcdReplicasReady, enabledAt } = cluster.observed.highAvailability ?? NOT_SEEN;
  return {
    haConfigured: enabledAt !== undefined,
    ...(enabledAt === undefined ? {} : { haEnabledAt: formatTime(enabledAt) }),
    haPhase: desired === 0 ? '' : phase,
    haReplicasReady: replicasReady,
    haReplicasDesired: desired,
    haEtcdReplicasReady: etcdReplicasReady,
    haEtcdReplicasDesired: desired,
  };
}

/** A stored cluster as the API shows it. What the caller sent (version, quantities, display name) is echoed untouched. */
export function renderCluster(cluster: Resource<'cluster'>, warnings?: readonly Warning[]): Cluster {
  const { spec, observed } = cluster;
  const phase = phaseOf(cluster);
  return {
    name: cluster.name,
    displayName: spec.displayName,
    type: spec.type,
    version: spec.version,
    resources: spec.resources,
    ...(spec.alerts ? { alerts: spec.alerts } : {}),
    ...(spec.labels ? { labels: spec.labels } : {}),
    highAvailability: spec.highAvailability,
    status: {
      phase,
      kubernetesVersion: observed.kubernetesVersion,
      endpoint: observed.endpoint,
      conditions: [readyCondition(cluster, phase), upToDateCondition(cluster, phase)],
      metrics: {},
      observedGeneration: observed.observedGeneration,
      ...highAvailabilityStatus(cluster),
    },
    generation: cluster.generation,
    resourceVersion: cluster.resourceVersion,
    createdAt: formatTime(cluster.createdAt),
    ...(warnings ? { warnings: [...warnings] } : {}),
  };
}

/** A stored cluster as the API shows it, made once for each version of its row. */
export const renderedCluster = renderOnce((cluster: Resource<'cluster'>) => renderCluster(cluster));
