import { isDeepStrictEqual } from 'node:util';
import type { ClusterObserved, Resource } from '../../store/resource.ts';
import { availabilitySentence, isBecomingAvailable } from './high-availability.ts';
import { type ClusterObservation, nextStatus } from './next-status.ts';
import type { WorkedTiming } from './timing.ts';

/** Why a status is recorded, like `reason` of a Kubernetes Event. `waiting` has no event. */
export type EventReason = 'accepted' | 'ready' | 'rolled-out' | 'degraded' | 'recovered' | 'moved' | 'availability' | 'waiting';

/** The next single step for a cluster. */
export type ClusterStep =
  | { readonly step: 'record'; readonly reason: EventReason; readonly observed: ClusterObserved }
  | { readonly step: 'apply' }
  | { readonly step: 'destroy' }
  | { readonly step: 'remove-row' }
  | { readonly step: 'wait'; readonly ms: number; readonly because: string };

/**
 * Decides the next step from spec, stored status, observation and time. Pure and level-triggered: it depends on state and never on
 * events, so any step may be lost or repeated. A changed status is recorded before anything else is done.
 */
export function planCluster(
  cluster: Resource<'cluster'>,
  seen: ClusterObservation | undefined,
  now: number,
  timing: WorkedTiming,
): ClusterStep {
  const observed = nextStatus(cluster, seen, now, timing);
  if (!isDeepStrictEqual(observed, cluster.observed)) return { step: 'record', reason: reasonOf(cluster.observed, observed), observed };
  if (!seen) return { step: 'wait', ms: timing.changingCheckMs, because: 'the engine does not answer' };
  if (cluster.deletedAt !== undefined) return { step: seen.exists ? 'destroy' : 'remove-row' };
  if (seen.appliedGeneration < cluster.generation) return { step: 'apply' };
  if (observed.degraded !== undefined) return { step: 'wait', ms: timing.degradedCheckMs, because: observed.degraded };
  if (observed.pending) return { step: 'wait', ms: timing.changingCheckMs, because: observed.waitingFor };
  if (isBecomingAvailable(observed)) return { step: 'wait', ms: timing.changingCheckMs, because: 'its replicas come up' };
  return { step: 'wait', ms: timing.steadyCheckMs, because: 'it is as it should be' };
}

function reasonOf(before: ClusterObserved, after: ClusterObserved): EventReason {
  if (before.acceptedAt === undefined && after.acceptedAt !== undefined) return 'accepted';
  if (before.degraded === undefined && after.degraded !== undefined) return 'degraded';
  if (before.readyAt === undefined && after.readyAt !== undefined) return 'ready';
  if (before.observedGeneration !== after.observedGeneration || before.kubernetesVersion !== after.kubernetesVersion) return 'rolled-out';
  if (before.degraded !== undefined && after.degraded === undefined) return 'recovered';
  if (before.endpoint !== after.endpoint || before.caPem !== after.caPem) return 'moved';
  if (before.highAvailability?.phase !== after.highAvailability?.phase) return 'availability';
  return 'waiting';
}

/** The message of the event for a person; `undefined` for a reason without an event. */
export function eventMessage(name: string, reason: EventReason, observed: ClusterObserved): string | undefined {
  switch (reason) {
    case 'accepted':
      return `Cluster "${name}" is being provisioned.`;
    case 'ready':
      return `Cluster "${name}" is ready and runs ${observed.kubernetesVersion}.`;
    case 'rolled-out':
      return `Cluster "${name}" is up to date and runs ${observed.kubernetesVersion}.`;
    case 'degraded':
      return `Cluster "${name}" is degraded. ${observed.degraded}.`;
    case 'recovered':
      return `Cluster "${name}" is no longer degraded.`;
    case 'moved':
      return `Cluster "${name}" answers at ${observed.endpoint} now.`;
    case 'availability':
      return availabilitySentence(name, observed);
    case 'waiting':
      return undefined;
  }
}
