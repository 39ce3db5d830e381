import type { Clock, Plan, Random } from '@openkupe/contract';
import type { ClusterEngine } from '../engines/engine.ts';
import type { Log } from '../log/log.ts';
import type { SecretValues } from '../secrets-backend/secret-values.ts';
import type { ResourceKey } from '../store/resource.ts';
import type { LeasedWork, Store } from '../store/store.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';
import { reconcileCluster } from './clusters/reconcile-cluster.ts';
import { createStopwatch } from './clusters/stopwatch.ts';
import { CLUSTER_TIMING, type ClusterTiming } from './clusters/timing.ts';
import { createLoop, LOOP_PACE, type LoopPace } from './loop.ts';
import type { StepOutcome } from './outcome.ts';
import { reconcileSecret } from './secrets/reconcile-secret.ts';
import { reconcileTenant } from './tenants/reconcile-tenant.ts';

/** Makes the engine's clusters agree with the store, one step at a time. */
export interface Reconciler {
  /** Makes clusters, secrets and tenants that are being deleted due, all but the first 500 little by little, and works until stopped. */
  start(): Promise<void>;
  /** Takes no new work; resolves when the running steps have ended, within a bound. */
  stop(): Promise<void>;
}

/** Adapters of the reconciler, and what tests change of its timing. */
export interface ReconcilerOptions {
  readonly store: Store;
  readonly engine: ClusterEngine;
  readonly secretValues: SecretValues;
  /** The plan catalogue for the final invoice of a tenant. */
  readonly loadPlans: () => Promise<readonly Plan[]>;
  readonly clock: Clock;
  readonly confirmedTime: Pick<ConfirmedTime, 'now'>;
  readonly random: Random;
  readonly log: Log;
  readonly timing?: Partial<ClusterTiming>;
  readonly pace?: Partial<LoopPace>;
}

/** Keys made due by one commit. */
const WAKE_BATCH = 500;
/** The pause between two such commits: with more than 500 clusters they are looked at 50 a second after a start. */
const WAKE_PAUSE_MS = 10_000;

/** Makes the reconciler of clusters, secrets and tenants. */
export function createReconciler({
  store,
  engine,
  secretValues,
  loadPlans,
  clock,
  confirmedTime,
  random,
  log,
  timing,
  pace,
}: ReconcilerOptions): Reconciler {
  const ports = { store, engine, clock, confirmedTime, log, timing: { ...CLUSTER_TIMING, ...timing }, stopwatch: createStopwatch(clock) };
  const tenantPorts = { store, clock, confirmedTime, log, loadPlans };
  const secretPorts = { store, engine, values: secretValues, clock, log };
  const loop = createLoop({
    store,
    clock,
    random,
    log,
    pace: { ...LOOP_PACE, ...pace },
    step,
  });

  async function step(work: LeasedWork, holdsLease: () => boolean): Promise<StepOutcome> {
    if (work.key.kind === 'cluster') return reconcileCluster(ports, work, holdsLease);
    if (work.key.kind === 'secret') return reconcileSecret(secretPorts, work, holdsLease);
    if (work.key.kind === 'tenant') return reconcileTenant(tenantPorts, work);
    return { outcome: 'done' };
  }

  const stopping = new AbortController();
  let waking = Promise.resolve();

  /** Everything that is looked at once after a start, because work items of the previous process may be lost. */
  async function everything(): Promise<readonly ResourceKey[]> {
    const going = (await store.keys('tenant')).filter(({ deletedAt }) => deletedAt !== undefined);
    return [...(await store.keys('cluster')), ...(await store.keys('secret')), ...going];
  }
  const makeDue = (wake: readonly ResourceKey[]) => store.commit({ at: clock.now(), writes: [], wake });

  /** Makes the others due a batch at a time, so that requests have the processor to themselves most of the time. */
  async function wakeInTurn(keys: readonly ResourceKey[]): Promise<void> {
    for (let from = WAKE_BATCH; from < keys.length; ) {
      await clock.sleep(WAKE_PAUSE_MS, stopping.signal).catch(() => {});
      if (stopping.signal.aborted) return;
      const isDue = await makeDue(keys.slice(from, from + WAKE_BATCH)).catch((error: unknown) => {
        log.warn({ error: String(error) }, 'clusters could not be made due for the look after a start; trying again');
      });
      if (isDue) from += WAKE_BATCH;
    }
  }

  return {
    async start() {
      const keys = await everything();
      await makeDue(keys.slice(0, WAKE_BATCH));
      loop.start();
      waking = wakeInTurn(keys);
    },
    async stop() {
      stopping.abort();
      await waking;
      await loop.stop();
    },
  };
}
