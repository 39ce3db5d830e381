import type { Clock, ClusterPhase, Plan, Random } from '@openkupe/contract';
import type { AlertmanagerDeliveries } from '../alertmanager/deliveries.ts';
import type { ReconcileCounters } from '../counters/reconcile-counters.ts';
import type { ClusterEngine } from '../engines/engine.ts';
import type { Log } from '../log/log.ts';
import type { SecretValues } from '../secrets-backend/secret-values.ts';
import type { LeasedWork, Store } from '../store/store.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';
import type { WebhookDeliveries } from '../webhooks/deliveries.ts';
import { reconcileCluster } from './clusters/reconcile-cluster.ts';
import { createStopwatch } from './clusters/stopwatch.ts';
import { CLUSTER_TIMING, type ClusterTiming } from './clusters/timing.ts';
import { createLoop, LOOP_PACE, type LoopPace } from './loop.ts';
import type { StepResult } from './outcome.ts';
import { resync } from './resync.ts';
import { reconcileSecret } from './secrets/reconcile-secret.ts';
import { reconcileTenant } from './tenants/reconcile-tenant.ts';

/** Makes the engine's clusters agree with the store, one step at a time. */
export interface Reconciler {
  /** Works until stopped: on what is due, and once on every cluster, secret and tenant that is being deleted (`resync.ts`). */
  start(): void;
  /** Takes no new work; resolves when the running steps have ended, within a bound. */
  stop(): Promise<void>;
}

/** Adapters of the reconciler, and what tests change of its timing. */
export interface ReconcilerOptions {
  readonly store: Store;
  readonly engine: ClusterEngine;
  readonly secretValues: SecretValues;
  /** What delivers events to webhooks, for as long as this reconciler works. */
  readonly webhooks?: WebhookDeliveries | undefined;
  /** What delivers to an Alertmanager, where there is one, for as long as this reconciler works. */
  readonly alertmanager?: AlertmanagerDeliveries | undefined;
  /** The plan catalogue for the final invoice of a tenant. */
  readonly loadPlans: () => Promise<readonly Plan[]>;
  readonly clock: Clock;
  readonly confirmedTime: Pick<ConfirmedTime, 'now'>;
  readonly random: Random;
  readonly log: Log;
  readonly timing?: Partial<ClusterTiming>;
  readonly pace?: Partial<LoopPace>;
  readonly counters?: ReconcileCounters | undefined;
}

/** Makes the reconciler of clusters, secrets and tenants. */
export function createReconciler({
  store,
  engine,
  secretValues,
  webhooks,
  alertmanager,
  loadPlans,
  clock,
  confirmedTime,
  random,
  log,
  timing,
  pace,
  counters,
}: ReconcilerOptions): Reconciler {
  const phases = new WeakMap<LeasedWork, ClusterPhase>();
  const notePhase = (work: LeasedWork, phase: ClusterPhase) => void phases.set(work, phase);
  const pacing = { timing: { ...CLUSTER_TIMING, ...timing }, stopwatch: createStopwatch(clock) };
  const ports = { store, engine, notePhase, clock, confirmedTime, log, ...pacing };
  const tenantPorts = { store, values: secretValues, clock, confirmedTime, random, log, loadPlans };
  const secretPorts = { store, engine, values: secretValues, clock, log };
  const loop = createLoop({
    store,
    clock,
    random,
    log,
    pace: { ...LOOP_PACE, ...pace },
    step,
    ended: (work, { outcome }, ms) => counters?.note({ kind: work.key.kind, phase: phases.get(work) ?? '' }, outcome, ms / 1_000),
  });

  async function step(work: LeasedWork, holdsLease: () => boolean): Promise<StepResult> {
    if (work.key.kind === 'cluster') return reconcileCluster(ports, work, holdsLease);
    if (work.key.kind === 'secret') return reconcileSecret(secretPorts, work, holdsLease);
    if (work.key.kind === 'tenant') return reconcileTenant(tenantPorts, work, holdsLease);
    if (work.key.kind === 'alertmanager') alertmanager?.wake();
    if (work.key.kind === 'webhook') webhooks?.wake({ ...work.key, kind: 'webhook' });
    return { outcome: 'done' };
  }

  const stopping = new AbortController();
  let resyncing = Promise.resolve();

  return {
    start() {
      loop.start();
      webhooks?.start();
      alertmanager?.start();
      resyncing = resync({ store, clock, log, untilNothingDue: loop.untilNothingDue }, stopping.signal);
    },
    async stop() {
      stopping.abort();
      await Promise.all([loop.stop(), webhooks?.stop(), alertmanager?.stop()]);
      await resyncing;
    },
  };
}
