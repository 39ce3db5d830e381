import { type Clock, type ClusterPhase, clusterPhase } from '@openkupe/contract';
import { clusterEntries } from '../../billing/ledger-entries.ts';
import { type ClusterEngine, type ClusterRef, refOf } from '../../engines/engine.ts';
import type { Log } from '../../log/log.ts';
import { clusterFacts } from '../../store/cluster-facts.ts';
import type { Resource } from '../../store/resource.ts';
import type { LeasedWork, Store } from '../../store/store.ts';
import { keyOf, observeIf } from '../../store/writes.ts';
import type { ConfirmedTime } from '../../time/confirmed-time.ts';
import { AT_ONCE, STEPPED, type StepOutcome, type StepResult } from '../outcome.ts';
import { type ClusterObservation, progressDeadlineInMs } from './next-status.ts';
import { type ClusterStep, eventMessage, planCluster } from './plan-cluster.ts';
import { removeRow } from './remove-row.ts';
import type { Stopwatch } from './stopwatch.ts';
import type { ClusterTiming } from './timing.ts';

/** What the reconciliation of clusters needs. */
export interface ReconcilePorts {
  readonly store: Store;
  readonly engine: ClusterEngine;
  readonly clock: Clock;
  /** The time of ledger entries. */
  readonly confirmedTime: Pick<ConfirmedTime, 'now'>;
  readonly log: Log;
  readonly timing: ClusterTiming;
  readonly stopwatch: Stopwatch;
  /** Called with the phase that the cluster is in when a step of it begins. */
  readonly notePhase?: (work: LeasedWork, phase: ClusterPhase) => void;
}

/**
 * Load, observe, plan, act one step, record. `work` is the lease; `holdsLease` is checked before every call that changes the engine,
 * because engines have no fencing tokens.
 */
export async function reconcileCluster(ports: ReconcilePorts, work: LeasedWork, holdsLease: () => boolean): Promise<StepResult> {
  const { store, engine, clock, stopwatch } = ports;
  const { tenant, name } = work.key;
  const cluster = await store.get({ kind: 'cluster', tenant, name });
  const timing = { ...ports.timing, workedMs: stopwatch.workedMs(`${tenant}/${name}`, cluster?.observed.pending) };
  if (!cluster) return { outcome: 'done' };
  ports.notePhase?.(work, clusterPhase(clusterFacts(cluster)));
  const ref = refOf(cluster);
  const { seen, error } = await observeCluster(engine, ref);
  const step = planCluster(cluster, seen, clock.now(), timing);
  if (step.step === 'record') return record(ports, cluster, work, step);
  const failed = (what: string, error: unknown): StepOutcome => {
    return { outcome: 'failed', what, error, notLaterThanMs: progressDeadlineInMs(cluster, timing) };
  };
  if (error !== undefined) return failed('observe', error);
  if (step.step === 'wait') return { outcome: 'again', afterMs: step.ms };
  if (!holdsLease()) return AT_ONCE;
  try {
    if (step.step === 'remove-row') return await finish(ports, cluster, work);
    if (step.step === 'apply') {
      await engine.apply(ref, cluster.spec, cluster.generation);
      return STEPPED;
    }
    return (await engine.destroy(ref)) === 'gone' ? STEPPED : { outcome: 'again', afterMs: timing.changingCheckMs };
  } catch (error) {
    return failed(step.step, error);
  }
}

/** What the engine says of a cluster, or why it says nothing. */
export async function observeCluster(
  engine: Pick<ClusterEngine, 'observe' | 'access'>,
  ref: ClusterRef,
): Promise<{ seen?: ClusterObservation; error?: unknown }> {
  try {
    const observation = await engine.observe(ref);
    return { seen: { ...observation, access: observation.isReady ? await engine.access(ref) : undefined } };
  } catch (error) {
    return { error };
  }
}

async function record(
  { store, clock, confirmedTime, log }: ReconcilePorts,
  cluster: Resource<'cluster'>,
  fence: LeasedWork,
  { reason, observed }: Extract<ClusterStep, { step: 'record' }>,
): Promise<StepResult> {
  const { tenant, name } = cluster;
  const message = eventMessage(name, reason, observed);
  const at = clock.now();
  const result = await store.commit({
    at,
    ledger: clusterEntries(cluster, { observed }, confirmedTime.now()),
    writes: [observeIf(cluster, observed, fence)],
    ...(message === undefined ? {} : { events: [{ key: keyOf(cluster), type: 'observed', message }] }),
  });
  if (result.outcome !== 'written') return AT_ONCE;
  if (message !== undefined) log.info({ tenant, cluster: name, reason }, message);
  return STEPPED;
}

async function finish({ store, clock, log }: ReconcilePorts, cluster: Resource<'cluster'>, work: LeasedWork): Promise<StepOutcome> {
  const { tenant, name } = cluster;
  const result = await removeRow(store, cluster, work, clock.now());
  if (result === 'stale') return AT_ONCE;
  if (result === 'removed') log.info({ tenant, cluster: name }, `Cluster "${name}" is gone.`);
  return { outcome: 'done' };
}
