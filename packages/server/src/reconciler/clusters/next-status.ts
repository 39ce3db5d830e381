import { isDeepStrictEqual } from 'node:util';
import { counted } from '@openkupe/contract';
import type { ClusterAccess, Observation } from '../../engines/engine.ts';
import type { ClusterObserved, Resource } from '../../store/resource.ts';
import { nextHighAvailability } from './high-availability.ts';
import type { WorkedTiming } from './timing.ts';

/** What the engine reports of a cluster, with how to reach it once it is ready. `undefined` stands for an engine that did not answer. */
export interface ClusterObservation extends Observation {
  readonly access: ClusterAccess | undefined;
}

type Cluster = Resource<'cluster'>;
type Pending = ClusterObserved['pending'];

/** Whether the desired generation is completely in effect: applied, rolled out, reachable. */
export function isInEffect(cluster: Cluster, seen: ClusterObservation | undefined): boolean {
  return seen?.access !== undefined && seen.isReady && seen.isRolledOut && seen.appliedGeneration === cluster.generation;
}

/** The status to store for a cluster after an observation. Pure; deeply equal to the stored one when nothing changed. */
export function nextStatus(cluster: Cluster, seen: ClusterObservation | undefined, now: number, timing: WorkedTiming): ClusterObserved {
  const before = cluster.observed;
  if (cluster.deletedAt !== undefined) return seen?.exists ? { ...before, waitingFor: seen.reason } : before;
  // Acceptance is a step of its own, so that clients can observe the phase Provisioning.
  if (before.acceptedAt === undefined) {
    const pending = { generation: cluster.generation, since: now };
    return { ...before, acceptedAt: now, pending, waitingFor: nextWaitingFor(cluster, seen, pending) };
  }

  const isDone = isInEffect(cluster, seen);
  const reachable = seen?.isReady ? seen.access : undefined;
  const readyAt = before.readyAt ?? (reachable && now);
  const pending = nextPending(cluster, seen, now);
  const waitingFor = nextWaitingFor(cluster, seen, pending);
  const degraded = nextDegraded(cluster, seen, pending, waitingFor, now, timing);
  const highAvailability = nextHighAvailability(cluster, seen, readyAt, now);
  const lacks = seen ? seen.lacks : before.lacks;
  const isFirstVersion = reachable !== undefined && before.kubernetesVersion === '';
  return {
    acceptedAt: before.acceptedAt,
    ...(readyAt === undefined ? {} : { readyAt }),
    ...(degraded === undefined ? {} : { degraded }),
    observedGeneration: isDone ? cluster.generation : before.observedGeneration,
    kubernetesVersion: isDone || isFirstVersion ? (seen?.runningVersion ?? '') : before.kubernetesVersion,
    endpoint: reachable?.endpoint ?? before.endpoint,
    caPem: reachable?.caPem ?? before.caPem,
    waitingFor,
    ...(lacks === undefined ? {} : { lacks }),
    ...(pending === undefined ? {} : { pending }),
    ...(highAvailability === undefined ? {} : { highAvailability }),
  };
}

/** The change in progress and when its deadline began: at a new generation, and again when the cluster becomes ready. */
function nextPending(cluster: Cluster, seen: ClusterObservation | undefined, now: number): Pending {
  const { pending, readyAt, observedGeneration } = cluster.observed;
  if (isInEffect(cluster, seen)) return undefined;
  // Without an answer of the engine, a cluster that was in effect stays so.
  if (!seen && observedGeneration === cluster.generation) return pending;
  const becameReady = readyAt === undefined && seen?.isReady === true && seen.access !== undefined;
  if (pending?.generation === cluster.generation && !becameReady) return pending;
  return { generation: cluster.generation, since: now };
}

function nextWaitingFor(cluster: Cluster, seen: ClusterObservation | undefined, pending: Pending): string {
  if (!seen) return pending ? 'The engine does not answer' : cluster.observed.waitingFor;
  if (seen.appliedGeneration < cluster.generation) return (seen.isFaulty && seen.reason) || 'Its configuration has to be applied';
  return seen.reason || (pending ? 'The change has to take effect' : '');
}

/**
 * Why the cluster is degraded. The text holds no elapsed time, which would make every observation a change. Deadlines count only the time
 * in which this process worked on the cluster: neither downtime nor a step of the wall clock makes it degraded. Once degraded, it stays so
 * until it is in effect again.
 */
function nextDegraded(
  cluster: Cluster,
  seen: ClusterObservation | undefined,
  pending: Pending,
  waitingFor: string,
  now: number,
  timing: WorkedTiming,
): string | undefined {
  const before = cluster.observed.degraded;
  if (seen?.isFaulty) return seen.reason || 'The engine reports a fault that waiting will not mend';
  if (!seen && before !== undefined) return before;
  if (!pending) return undefined;
  const isLost = cluster.observed.observedGeneration === cluster.generation && seen?.isReady === false;
  const workedMs = isDeepStrictEqual(pending, cluster.observed.pending) ? timing.workedMs : 0;
  const pendingMs = before === undefined ? workedMs : Math.max(workedMs, storedMs(pending.since, now));
  if (isLost) return before === undefined && pendingMs < timing.lostDeadlineMs ? undefined : `The cluster was lost: ${waitingFor}`;
  return pendingMs < timing.progressDeadlineMs ? undefined : `No progress for ${minutes(timing.progressDeadlineMs)}: ${waitingFor}`;
}

/** Milliseconds since a stored moment; infinite for one in the future, which was stored before the wall clock was set back. */
function storedMs(since: number, now: number): number {
  return since > now ? Number.POSITIVE_INFINITY : now - since;
}

/** Milliseconds until the progress deadline; infinite when none runs. */
export function progressDeadlineInMs({ observed }: Cluster, timing: WorkedTiming): number {
  if (!observed.pending || observed.degraded !== undefined) return Number.POSITIVE_INFINITY;
  return Math.max(0, timing.progressDeadlineMs - timing.workedMs);
}

const minutes = (ms: number) => counted(Math.round(ms / 60_000), 'minute');
