import { isDeepStrictEqual } from 'node:util';
import { counted } from '@openkupe/contract';
import type { ClusterAccess, Observation } from '../../engines/engine.ts';
import type { ClusterObserved, Resource } from '../../store/resource.ts';
import { highAvailabilityNow } from './high-availability.ts';
import type { WorkedTiming } from './timing.ts';

/** What the engine showed of a cluster; `undefined` stands for an engine that could not be asked. */
export interface Sight {
  readonly observation: Observation;
  readonly access: ClusterAccess | undefined;
}

type Cluster = Resource<'cluster'>;

/** Whether the desired generation is completely in effect: applied, rolled out, reachable. */
export function isInEffect(cluster: Cluster, sight: Sight | undefined): boolean {
  if (!sight?.access) return false;
  const { appliedGeneration, isReady, isRolledOut } = sight.observation;
  return isReady && isRolledOut && appliedGeneration === cluster.generation;
}

/** The observed half as it should be stored now. Pure; equal to the stored one when there is no news. */
export function observedHalf(cluster: Cluster, sight: Sight | undefined, now: number, timing: WorkedTiming): ClusterObserved {
  const before = cluster.observed;
  if (cluster.deletedAt !== undefined) return sight?.observation.exists ? { ...before, waitingFor: sight.observation.reason } : before;
  // Picking a cluster up is a step of its own, so that everybody can see it being provisioned.
  if (before.acceptedAt === undefined) {
    const pending = { generation: cluster.generation, since: now };
    return { ...before, acceptedAt: now, pending, waitingFor: waitingForNow(cluster, sight, pending) };
  }

  const isDone = isInEffect(cluster, sight);
  const reachable = sight?.observation.isReady ? sight.access : undefined;
  const readyAt = before.readyAt ?? (reachable && now);
  const pending = pendingNow(cluster, sight, now);
  const waitingFor = waitingForNow(cluster, sight, pending);
  const degraded = degradedNow(cluster, sight, pending, waitingFor, now, timing);
  const runningVersion = sight?.observation.runningVersion ?? '';
  const highAvailability = highAvailabilityNow(cluster, sight?.observation, readyAt, now);
  const isFirstVersion = reachable !== undefined && before.kubernetesVersion === '';
  return {
    acceptedAt: before.acceptedAt,
    ...(readyAt === undefined ? {} : { readyAt }),
    ...(degraded === undefined ? {} : { degraded }),
    observedGeneration: isDone ? cluster.generation : before.observedGeneration,
    kubernetesVersion: isDone || isFirstVersion ? runningVersion : before.kubernetesVersion,
    endpoint: reachable?.endpoint ?? before.endpoint,
    caPem: reachable?.caPem ?? before.caPem,
    waitingFor,
    ...(pending === undefined ? {} : { pending }),
    ...(highAvailability === undefined ? {} : { highAvailability }),
  };
}

/** Deadlines start anew with a new generation, and when the cluster becomes ready: both are progress. */
function pendingNow(cluster: Cluster, sight: Sight | undefined, now: number): ClusterObserved['pending'] {
  const { pending, readyAt, observedGeneration } = cluster.observed;
  if (isInEffect(cluster, sight)) return undefined;
  // An engine that cannot be asked says nothing about a cluster that was as it should be.
  if (!sight && observedGeneration === cluster.generation) return pending;
  const becameReady = readyAt === undefined && sight?.observation.isReady === true && sight.access !== undefined;
  if (pending?.generation === cluster.generation && !becameReady) return pending;
  return { generation: cluster.generation, since: now };
}

function waitingForNow(cluster: Cluster, sight: Sight | undefined, pending: ClusterObserved['pending']): string {
  if (!sight) return pending ? 'The engine does not answer' : cluster.observed.waitingFor;
  if (sight.observation.appliedGeneration < cluster.generation) return 'Its configuration has to be applied';
  if (pending) return sight.observation.reason || 'The change has to take effect';
  return sight.observation.reason;
}

/**
 * Why the cluster is degraded. The text holds no passing time: it would be news at every look. Only time in which this process worked on
 * it makes a cluster degraded, neither downtime nor a wall clock that was set; but what is degraded stays so until it is mended.
 */
function degradedNow(
  cluster: Cluster,
  sight: Sight | undefined,
  pending: ClusterObserved['pending'],
  waitingFor: string,
  now: number,
  timing: WorkedTiming,
): string | undefined {
  const before = cluster.observed.degraded;
  if (sight?.observation.isFaulty) return sight.observation.reason || 'The engine reports a fault that waiting will not mend';
  if (!sight && before !== undefined) return before;
  if (!pending) return undefined;
  const isLost = cluster.observed.observedGeneration === cluster.generation && sight?.observation.isReady === false;
  const workedMs = isDeepStrictEqual(pending, cluster.observed.pending) ? timing.workedMs : 0;
  const pendingMs = before === undefined ? workedMs : Math.max(workedMs, storedMs(pending.since, now));
  if (isLost) return before === undefined && pendingMs < timing.lostDeadlineMs ? undefined : `The cluster was lost: ${waitingFor}`;
  return pendingMs < timing.progressDeadlineMs ? undefined : `No progress for ${minutes(timing.progressDeadlineMs)}: ${waitingFor}`;
}

/** Milliseconds since a moment that was stored. One still to come was stored before the wall clock was set back: it was long ago. */
function storedMs(since: number, now: number): number {
  return since > now ? Number.POSITIVE_INFINITY : now - since;
}

/** Milliseconds until the cluster counts as stuck; infinite when no such deadline runs. */
export function progressDeadlineInMs({ observed }: Cluster, timing: WorkedTiming): number {
  if (!observed.pending || observed.degraded !== undefined) return Number.POSITIVE_INFINITY;
  return Math.max(0, timing.progressDeadlineMs - timing.workedMs);
}

const minutes = (ms: number) => counted(Math.round(ms / 60_000), 'minute');
