import { isDeepStrictEqual } from 'node:util';
import type { ClusterObserved, Resource } from '../../store/resource.ts';
import { availabilitySentence, isBecomingAvailable } from './high-availability.ts';
import { observedHalf, type Sight } from './observed-half.ts';
import type { WorkedTiming } from './timing.ts';

/** What a record step tells; `waiting` is no news for a person. */
export type News = 'accepted' | 'ready' | 'rolled-out' | 'degraded' | 'recovered' | 'moved' | 'availability' | 'waiting';

/** The next single step for a cluster. */
export type ClusterStep =
  | { readonly step: 'record'; readonly news: News; readonly observed: ClusterObserved }
  | { readonly step: 'apply' }
  | { readonly step: 'destroy' }
  | { readonly step: 'remove-row' }
  | { readonly step: 'wait'; readonly ms: number; readonly because: string };

/**
 * Decides the next step from what is desired and stored, what the engine showed, and the time. Pure. Level-triggered: it asks how
 * things are, never what happened, so any step may be lost or repeated. What is known is recorded before anything is done.
 */
export function planCluster(cluster: Resource<'cluster'>, sight: Sight | undefined, now: number, timing: WorkedTiming): ClusterStep {
  const observed = observedHalf(cluster, sight, now, timing);
  if (!isDeepStrictEqual(observed, cluster.observed)) return { step: 'record', news: newsOf(cluster.observed, observed), observed };
  if (!sight) return { step: 'wait', ms: timing.changingCheckMs, because: 'the engine does not answer' };
  if (cluster.deletedAt !== undefined) return { step: sight.observation.exists ? 'destroy' : 'remove-row' };
  if (sight.observation.appliedGeneration < cluster.generation) return { step: 'apply' };
  if (observed.degraded !== undefined) return { step: 'wait', ms: timing.degradedCheckMs, because: observed.degraded };
  if (observed.pending) return { step: 'wait', ms: timing.changingCheckMs, because: observed.waitingFor };
  if (isBecomingAvailable(observed)) return { step: 'wait', ms: timing.changingCheckMs, because: 'its replicas come up' };
  return { step: 'wait', ms: timing.steadyCheckMs, because: 'it is as it should be' };
}

function newsOf(before: ClusterObserved, after: ClusterObserved): News {
  if (before.acceptedAt === undefined && after.acceptedAt !== undefined) return 'accepted';
  if (before.degraded === undefined && after.degraded !== undefined) return 'degraded';
  if (before.readyAt === undefined && after.readyAt !== undefined) return 'ready';
  if (before.observedGeneration !== after.observedGeneration || before.kubernetesVersion !== after.kubernetesVersion) return 'rolled-out';
  if (before.degraded !== undefined && after.degraded === undefined) return 'recovered';
  if (before.endpoint !== after.endpoint || before.caPem !== after.caPem) return 'moved';
  if (before.highAvailability?.phase !== after.highAvailability?.phase) return 'availability';
  return 'waiting';
}

/** The sentence that tells news to a person, or `undefined` when there is none to tell. */
export function newsSentence(name: string, news: News, observed: ClusterObserved): string | undefined {
  switch (news) {
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
