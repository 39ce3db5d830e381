import type { Cluster } from '@openkupe/contract/resources/cluster';

/** What a wait can wait for. */
export const GOALS = ['running', 'deleted', 'terminating'] as const;
/** One of {@link GOALS}. */
export type Goal = (typeof GOALS)[number];

/** What has to be true of a cluster for a wait to be over. */
export interface Expectation {
  readonly goal: Goal;
  /** The generation that has to be fully applied; 0 for any. */
  readonly generation: number;
  /** This command created it, so a 404 may be a read that is not up to date yet. */
  readonly isNew: boolean;
}

/** Whether a wait is over; `impossible` where more waiting cannot reach the goal. */
export type WaitState =
  | { readonly kind: 'reached' }
  | { readonly kind: 'not-yet' }
  | { readonly kind: 'impossible'; readonly why: 'missing' | 'degraded' | 'terminating' };

const REACHED: WaitState = { kind: 'reached' };
const NOT_YET: WaitState = { kind: 'not-yet' };

function judgeRunning(cluster: Cluster, generation: number): WaitState {
  const { phase, observedGeneration } = cluster.status;
  if (phase === 'Degraded') return { kind: 'impossible', why: 'degraded' };
  if (phase === 'Terminating') return { kind: 'impossible', why: 'terminating' };
  // NOTE: servers that know no generations send none; then the phase alone decides.
  const isApplied = generation === 0 || (observedGeneration ?? generation) >= generation;
  return phase === 'Running' && isApplied ? REACHED : NOT_YET;
}

/** The state of a wait by the last response; `undefined` stands for 404. Pure and total. */
export function judge({ goal, generation, isNew }: Expectation, cluster: Cluster | undefined): WaitState {
  switch (goal) {
    case 'deleted':
      return cluster === undefined ? REACHED : NOT_YET;
    case 'terminating':
      return cluster === undefined || cluster.status.phase === 'Terminating' ? REACHED : NOT_YET;
    case 'running':
      if (cluster === undefined) return isNew ? NOT_YET : { kind: 'impossible', why: 'missing' };
      return judgeRunning(cluster, generation);
  }
}
