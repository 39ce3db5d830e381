import type { Cluster } from '@openkupe/contract/resources/cluster';

export const GOALS = ['running', 'deleted', 'terminating'] as const;
export type Goal = (typeof GOALS)[number];

export interface Expectation {
  readonly goal: Goal;
  /** The generation that has to be fully applied; 0 for any. */
  readonly generation: number;
  /** We created it: it may not be visible yet. */
  readonly isNew: boolean;
}

export type Verdict =
  | { readonly kind: 'reached' }
  | { readonly kind: 'not-yet' }
  /** Waiting longer cannot help. */
  | { readonly kind: 'hopeless'; readonly why: 'missing' | 'degraded' | 'terminating' };

const REACHED: Verdict = { kind: 'reached' };
const NOT_YET: Verdict = { kind: 'not-yet' };

function judgeRunning(cluster: Cluster, generation: number): Verdict {
  const { phase, observedGeneration } = cluster.status;
  if (phase === 'Degraded') return { kind: 'hopeless', why: 'degraded' };
  if (phase === 'Terminating') return { kind: 'hopeless', why: 'terminating' };
  // NOTE: servers that know no generations send none; then the phase alone decides.
  const isApplied = generation === 0 || (observedGeneration ?? generation) >= generation;
  return phase === 'Running' && isApplied ? REACHED : NOT_YET;
}

/** Whether a wait is over, by what was last seen; `undefined` is a cluster that does not exist. Pure and total. */
export function judge({ goal, generation, isNew }: Expectation, cluster: Cluster | undefined): Verdict {
  switch (goal) {
    case 'deleted':
      return cluster === undefined ? REACHED : NOT_YET;
    case 'terminating':
      return cluster === undefined || cluster.status.phase === 'Terminating' ? REACHED : NOT_YET;
    case 'running':
      if (cluster === undefined) return isNew ? NOT_YET : { kind: 'hopeless', why: 'missing' };
      return judgeRunning(cluster, generation);
  }
}
