import {
  type Cluster,
  type ClusterPhase,
  type ClusterStatus,
  type Condition,
  clusterPhase,
  formatTime,
  type Warning,
} from '@openkupe/contract';
import type { Resource } from '../../store/resource.ts';

/** The phase of a stored cluster. */
export function phaseOf(cluster: Resource<'cluster'>): ClusterPhase {
  const { observed } = cluster;
  return clusterPhase({
    isDeleted: cluster.deletedAt !== undefined,
    isAccepted: observed.acceptedAt !== undefined,
    wasReady: observed.readyAt !== undefined,
    isDegraded: observed.degraded !== undefined,
    generation: cluster.generation,
    observedGeneration: observed.observedGeneration,
  });
}

function readyCondition(cluster: Resource<'cluster'>, phase: ClusterPhase): Condition {
  const { observed } = cluster;
  return {
    type: 'Ready',
    status: phase === 'Running' || phase === 'Upgrading' ? 'True' : 'False',
    reason: phase,
    message: observed.degraded ?? observed.waitingFor,
    lastTransitionTime: formatTime(cluster.deletedAt ?? observed.readyAt ?? observed.acceptedAt ?? cluster.createdAt),
  };
}

const REPLICAS = 3;

function highAvailabilityStatus(
  cluster: Resource<'cluster'>,
): Omit<ClusterStatus, 'phase' | 'kubernetesVersion' | 'endpoint' | 'conditions' | 'metrics' | 'observedGeneration'> {
  const isWanted = cluster.spec.highAvailability;
  const { readyAt } = cluster.observed;
  const isConfigured = isWanted && readyAt !== undefined;
  return {
    haConfigured: isConfigured,
    ...(isConfigured ? { haEnabledAt: formatTime(readyAt) } : {}),
    haPhase: isWanted ? (isConfigured ? 'ha-healthy' : 'pending') : '',
    haReplicasReady: isConfigured ? REPLICAS : 0,
    haReplicasDesired: isWanted ? REPLICAS : 0,
    haEtcdReplicasReady: isConfigured ? REPLICAS : 0,
    haEtcdReplicasDesired: isWanted ? REPLICAS : 0,
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
    highAvailability: spec.highAvailability,
    status: {
      phase,
      kubernetesVersion: observed.kubernetesVersion,
      endpoint: observed.endpoint,
      conditions: [readyCondition(cluster, phase)],
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
