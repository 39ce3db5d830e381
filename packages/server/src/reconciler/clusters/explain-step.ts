import { type Clock, type ClusterExplanation, formatTime } from '@openkupe/contract';
import { type ClusterEngine, refOf } from '../../engines/engine.ts';
import type { Resource } from '../../store/resource.ts';
import { type ClusterStep, eventMessage, planCluster } from './plan-cluster.ts';
import { observeCluster } from './reconcile-cluster.ts';
import { CLUSTER_TIMING } from './timing.ts';

/** What is known of the next step of a cluster; its row says the rest. */
export type StepExplanation = Omit<ClusterExplanation, 'phase' | 'generation' | 'observedGeneration'>;

/** An engine that takes longer counts as one that does not answer. */
const OBSERVE_MS = 5_000;

function sentenceOf({ name, generation }: Resource<'cluster'>, step: ClusterStep): string {
  switch (step.step) {
    case 'record':
      return eventMessage(name, step.reason, step.observed) ?? `What cluster "${name}" waits for will be recorded.`;
    case 'apply':
      return `Generation ${generation} of cluster "${name}" will be applied.`;
    case 'destroy':
      return `What the engine has of cluster "${name}" will be destroyed.`;
    case 'remove-row':
      return `The engine has nothing of cluster "${name}" any more; it will be gone.`;
    case 'wait':
      return `Cluster "${name}" is looked at again in ${step.ms / 1_000} s: ${step.because}.`;
  }
}

/**
 * Explains the next step of a cluster by the plan that the reconciler goes by, from what the engine says now. Nothing is written and nothing
 * applied. The progress deadline, which counts the time that a process has worked, is left out: a cluster that will be degraded by it still waits.
 */
export function createStepExplanation({
  engine,
  clock,
}: {
  readonly engine: Pick<ClusterEngine, 'observe' | 'access'>;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
}): (cluster: Resource<'cluster'>) => Promise<StepExplanation> {
  return async (cluster) => {
    const { observed, deletedAt } = cluster;
    const answered = new AbortController();
    const silent = clock.sleep(OBSERVE_MS, answered.signal).then(
      () => ({}),
      () => ({}),
    );
    const { seen } = await Promise.race([observeCluster(engine, refOf(cluster)), silent as Promise<{ seen?: undefined }>]);
    answered.abort('answered');
    const step = planCluster(cluster, seen, clock.now(), { ...CLUSTER_TIMING, workedMs: 0 });
    const since = deletedAt ?? observed.pending?.since;
    return {
      next: step.step === 'remove-row' ? 'remove' : step.step,
      message: sentenceOf(cluster, step),
      waitingFor: step.step === 'record' ? step.observed.waitingFor : observed.waitingFor,
      ...(since === undefined ? {} : { since: formatTime(since) }),
      ...(step.step === 'wait' ? { checkInSeconds: Math.ceil(step.ms / 1_000) } : {}),
    };
  };
}
