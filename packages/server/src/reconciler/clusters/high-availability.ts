import type { Observation } from '../../engines/engine.ts';
import type { HighAvailabilityObserved, Resource } from '../../store/resource.ts';

/** Replicas of each tier in a highly available cluster. */
const WANTED = 3;
/** etcd serves while more than half of its replicas do. */
const QUORUM = 2;

/**
 * The status of high availability after an observation. Pure. `enabledAt` is set when every replica of both tiers is ready for the first
 * time and never cleared: the surcharge runs from it, whatever fails later. An observation without replicas changes nothing.
 */
export function nextHighAvailability(
  cluster: Resource<'cluster'>,
  observation: Observation | undefined,
  readyAt: number | undefined,
  now: number,
): HighAvailabilityObserved | undefined {
  const before = cluster.observed.highAvailability;
  const replicas = observation?.replicas;
  if (!cluster.spec.highAvailability || !replicas) return before;
  const { controlPlane, etcd } = replicas;
  const isWhole = controlPlane >= WANTED && etcd >= WANTED;
  const enabledAt = before?.enabledAt ?? (isWhole && readyAt !== undefined ? now : undefined);
  return {
    phase: enabledAt === undefined ? 'pending' : phaseOf(controlPlane, etcd),
    replicasReady: controlPlane,
    etcdReplicasReady: etcd,
    ...(enabledAt === undefined ? {} : { enabledAt }),
  };
}

function phaseOf(controlPlane: number, etcd: number): HighAvailabilityObserved['phase'] {
  if (controlPlane >= WANTED && etcd >= WANTED) return 'ha-healthy';
  return controlPlane > 0 && etcd >= QUORUM ? 'ha-degraded' : 'ha-unavailable';
}

/** Whether the replicas of a cluster are not all ready for the first time yet, so that it has to be checked often. */
export function isBecomingAvailable({ highAvailability }: Resource<'cluster'>['observed']): boolean {
  return highAvailability !== undefined && highAvailability.enabledAt === undefined;
}

/** The message about availability for a person; `undefined` while replicas start. */
export function availabilitySentence(name: string, { highAvailability }: Resource<'cluster'>['observed']): string | undefined {
  switch (highAvailability?.phase) {
    case 'ha-healthy':
      return `Cluster "${name}" is highly available: every replica is ready.`;
    case 'ha-degraded':
      return `Cluster "${name}" serves with fewer replicas than it should have.`;
    case 'ha-unavailable':
      return `Cluster "${name}" has lost its quorum.`;
    default:
      return undefined;
  }
}
