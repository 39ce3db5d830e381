/** When the reconciler looks at a cluster again, and when it stops calling it healthy. Milliseconds. */
export interface ClusterTiming {
  /** Between two looks while something changes. */
  readonly changingCheckMs: number;
  /** Between two looks while something is wrong. */
  readonly degradedCheckMs: number;
  /** Between two looks at a cluster that is as it should be, so that a lost endpoint is noticed. */
  readonly steadyCheckMs: number;
  /** A change that makes no progress for this long makes the cluster degraded; the work on it goes on. */
  readonly progressDeadlineMs: number;
  /** An API server that does not answer for this long, with no change under way, makes the cluster degraded. */
  readonly lostDeadlineMs: number;
}

/** With how long this process has worked on what is stored as pending, in milliseconds; see `stopwatch.ts`. */
export interface WorkedTiming extends ClusterTiming {
  readonly workedMs: number;
}

export const CLUSTER_TIMING: ClusterTiming = {
  changingCheckMs: 1_000,
  degradedCheckMs: 5_000,
  steadyCheckMs: 60_000,
  progressDeadlineMs: 15 * 60_000,
  lostDeadlineMs: 60_000,
};
