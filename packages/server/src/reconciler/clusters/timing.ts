/** Intervals between checks of a cluster, and deadlines after which it is degraded. Milliseconds. */
export interface ClusterTiming {
  /** Between two checks while a change is in progress. */
  readonly changingCheckMs: number;
  /** Between two checks while the cluster is degraded. */
  readonly degradedCheckMs: number;
  /** Between two checks of a cluster without a change, so that a lost endpoint is noticed. */
  readonly steadyCheckMs: number;
  /** A change without progress for this long makes the cluster degraded; work on it continues. */
  readonly progressDeadlineMs: number;
  /** An API server that does not answer for this long, with no change under way, makes the cluster degraded. */
  readonly lostDeadlineMs: number;
}

/** {@link ClusterTiming} with the time that this process has worked on the pending change; see `stopwatch.ts`. */
export interface WorkedTiming extends ClusterTiming {
  readonly workedMs: number;
}

/** The timing of a running control plane. */
export const CLUSTER_TIMING: ClusterTiming = {
  changingCheckMs: 1_000,
  degradedCheckMs: 5_000,
  steadyCheckMs: 60_000,
  progressDeadlineMs: 15 * 60_000,
  lostDeadlineMs: 60_000,
};
