import { reconcileCluster } from '../clusters/reconcile-cluster.ts';
import { createStopwatch } from '../clusters/stopwatch.ts';
import { CLUSTER_TIMING, type ClusterTiming } from '../clusters/timing.ts';
import type { StepResult } from '../outcome.ts';
import type { World } from './world.ts';

/** Longer than any lease here. */
export const LEASE_MS = 30_000;

export interface StepByStep {
  /** Runs the next due step, sleeping until one is due. `no-work` when nothing is due within `horizonMs`. */
  step(options?: { readonly isKilledAfter?: boolean }): Promise<'stepped' | 'no-work'>;
  /** Steps until `isOver`; fails after `maxSteps`. Returns how many steps it took. */
  until(isOver: () => Promise<boolean>, maxSteps?: number): Promise<number>;
}

/** What stands in for the loop's backoff here: long, without chance, and no divisor of any deadline. */
const AFTER_FAILURE_MS = 70_000;

function waitMs(result: Exclude<StepResult, { outcome: 'done' }>): number {
  if (result.outcome === 'stepped') return 0;
  return result.outcome === 'again' ? result.afterMs : Math.min(AFTER_FAILURE_MS, result.notLaterThanMs ?? AFTER_FAILURE_MS);
}

/** The loop's work, one step at a time, so that a test can do something between any two. */
export function stepByStep(world: World, timing: Partial<ClusterTiming> = {}): StepByStep {
  const stopwatch = createStopwatch(world.clock);
  async function step({ isKilledAfter = false } = {}): Promise<'stepped' | 'no-work'> {
    const { store, engine, clock, confirmedTime, log } = world;
    const dueInMs = await store.nextWorkInMs();
    if (dueInMs === undefined) return 'no-work';
    await clock.advance(dueInMs);
    const [work] = await store.leaseWork({ owner: 'test', leaseMs: LEASE_MS, limit: 1 });
    if (!work) throw new Error('work that is due could not be leased');
    const result = await reconcileCluster(
      { store, engine, clock, confirmedTime, log, timing: { ...CLUSTER_TIMING, ...timing }, stopwatch },
      work,
      () => true,
    );
    if (isKilledAfter) return 'stepped';
    await store.finishWork(work, result.outcome === 'done' ? 'done' : { afterMs: waitMs(result) });
    return 'stepped';
  }
  return {
    step,
    async until(isOver, maxSteps = 500) {
      for (let steps = 0; steps < maxSteps; steps += 1) {
        if (await isOver()) return steps;
        await step();
      }
      throw new Error(`it was not over after ${maxSteps} steps`);
    },
  };
}
