import type { Clock, Random } from '@openkupe/contract';
import type { ClusterEngine } from '../engines/engine.ts';
import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';
import { reconcileCluster } from './clusters/reconcile-cluster.ts';
import { CLUSTER_TIMING, type ClusterTiming } from './clusters/timing.ts';
import { createLoop, LOOP_PACE, type LoopPace } from './loop.ts';

/** Makes the world agree with the store, one step at a time. */
export interface Reconciler {
  /** Makes every cluster due, then works until stopped. */
  start(): Promise<void>;
  /** Takes no new work; resolves when the running steps have ended, within a bound. */
  stop(): Promise<void>;
}

export interface ReconcilerOptions {
  readonly store: Store;
  readonly engine: ClusterEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly timing?: Partial<ClusterTiming>;
  readonly pace?: Partial<LoopPace>;
}

/** Clusters made due by one commit. */
const WAKE_BATCH = 500;

export function createReconciler({ store, engine, clock, random, log, timing, pace }: ReconcilerOptions): Reconciler {
  const ports = { store, engine, clock, log, timing: { ...CLUSTER_TIMING, ...timing, watchedSince: clock.now() } };
  const loop = createLoop({
    store,
    clock,
    random,
    log,
    pace: { ...LOOP_PACE, ...pace },
    step: async (work, isOurs) => (work.key.kind === 'cluster' ? reconcileCluster(ports, work, isOurs) : { outcome: 'done' }),
  });

  /** Whatever was lost with the last process is found by looking at everything once. */
  async function wakeEverything(): Promise<void> {
    const clusters = await store.list('cluster');
    for (let from = 0; from < clusters.length; from += WAKE_BATCH) {
      const wake = clusters.slice(from, from + WAKE_BATCH).map(({ kind, tenant, name }) => ({ kind, tenant, name }));
      await store.commit({ at: clock.now(), writes: [], wake });
    }
  }

  return {
    async start() {
      await wakeEverything();
      loop.start();
    },
    stop: loop.stop,
  };
}
