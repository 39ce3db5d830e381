import type { Clock } from '@openkupe/contract';
import { clusterEntries } from '../../billing/ledger-entries.ts';
import type { ClusterEngine, ClusterRef } from '../../engines/engine.ts';
import type { Log } from '../../log/log.ts';
import type { Resource } from '../../store/resource.ts';
import type { LeasedWork, Store } from '../../store/store.ts';
import type { ConfirmedTime } from '../../time/confirmed-time.ts';
import type { StepOutcome } from '../outcome.ts';
import { progressDeadlineInMs, type Sight } from './observed-half.ts';
import { type ClusterStep, newsSentence, planCluster } from './plan-cluster.ts';
import { removeRow } from './remove-row.ts';
import type { Stopwatch } from './stopwatch.ts';
import type { ClusterTiming } from './timing.ts';

export interface ReconcilePorts {
  readonly store: Store;
  readonly engine: ClusterEngine;
  readonly clock: Clock;
  /** What bills count by. */
  readonly confirmedTime: Pick<ConfirmedTime, 'now'>;
  readonly log: Log;
  readonly timing: ClusterTiming;
  readonly stopwatch: Stopwatch;
}

const AT_ONCE: StepOutcome = { outcome: 'again', afterMs: 0 };

/**
 * Load, observe, plan, act one step, record. `work` is the lease; `isOurs` is asked before the engine is told anything, because an
 * engine knows no fences.
 */
export async function reconcileCluster(ports: ReconcilePorts, work: LeasedWork, isOurs: () => boolean): Promise<StepOutcome> {
  const { store, engine, clock, stopwatch } = ports;
  const { tenant, name } = work.key;
  const cluster = await store.get({ kind: 'cluster', tenant, name });
  const timing = { ...ports.timing, workedMs: stopwatch.workedMs(`${tenant}/${name}`, cluster?.observed.pending) };
  if (!cluster) return { outcome: 'done' };
  const ref = { tenant, name, uid: cluster.uid };
  const { sight, error } = await lookAt(engine, ref);
  const step = planCluster(cluster, sight, clock.now(), timing);
  if (step.step === 'record') return record(ports, cluster, work, step);
  const failed = (what: string, error: unknown): StepOutcome => {
    return { outcome: 'failed', what, error, notLaterThanMs: progressDeadlineInMs(cluster, timing) };
  };
  if (error !== undefined) return failed('observe', error);
  if (step.step === 'wait') return { outcome: 'again', afterMs: step.ms };
  if (!isOurs()) return AT_ONCE;
  if (step.step === 'remove-row') return finish(ports, cluster, work);
  try {
    if (step.step === 'apply') {
      await engine.apply(ref, cluster.spec, cluster.generation);
      return AT_ONCE;
    }
    return (await engine.destroy(ref)) === 'gone' ? AT_ONCE : { outcome: 'again', afterMs: timing.changingCheckMs };
  } catch (error) {
    return failed(step.step, error);
  }
}

async function lookAt(engine: ClusterEngine, ref: ClusterRef): Promise<{ sight?: Sight; error?: unknown }> {
  try {
    const observation = await engine.observe(ref);
    return { sight: { observation, access: observation.isReady ? await engine.access(ref) : undefined } };
  } catch (error) {
    return { error };
  }
}

async function record(
  { store, clock, confirmedTime, log }: ReconcilePorts,
  cluster: Resource<'cluster'>,
  fence: LeasedWork,
  { news, observed }: Extract<ClusterStep, { step: 'record' }>,
): Promise<StepOutcome> {
  const { kind, tenant, name, uid, observation } = cluster;
  const key = { kind, tenant, name };
  const message = newsSentence(name, news, observed);
  const at = clock.now();
  const result = await store.commit({
    at,
    ledger: clusterEntries(cluster, { observed }, confirmedTime.now()),
    writes: [{ verb: 'observe-if', key, uid, expectedObservation: observation, observed, fence }],
    ...(message === undefined ? {} : { events: [{ key, type: 'observed', message }] }),
  });
  if (result.outcome === 'written' && message !== undefined) log.info({ tenant, cluster: name, news }, message);
  return AT_ONCE;
}

async function finish({ store, clock, log }: ReconcilePorts, cluster: Resource<'cluster'>, work: LeasedWork): Promise<StepOutcome> {
  const { tenant, name } = cluster;
  const result = await removeRow(store, cluster, work, clock.now());
  if (result === 'contended') return { outcome: 'failed', what: 'remove-row', error: new Error('the tenant changed in every round') };
  if (result === 'stale') return AT_ONCE;
  if (result === 'removed') log.info({ tenant, cluster: name }, `Cluster "${name}" is gone.`);
  return { outcome: 'done' };
}
