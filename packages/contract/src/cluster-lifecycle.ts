/** The phases of a cluster, as the API names them. */
export const CLUSTER_PHASES = ['Pending', 'Provisioning', 'Running', 'Upgrading', 'Degraded', 'Terminating'] as const;
/** One of {@link CLUSTER_PHASES}. */
export type ClusterPhase = (typeof CLUSTER_PHASES)[number];

/** The facts that decide a phase. None of them is the time, so an ETag never lies about the phase it came with. */
export interface ClusterFacts {
  /** Deletion was accepted. */
  readonly isDeleted: boolean;
  /** The reconciler has picked the cluster up. */
  readonly isAccepted: boolean;
  /** The cluster was ready at least once: endpoint and CA are known from then on. */
  readonly wasReady: boolean;
  readonly isDegraded: boolean;
  /** Moves by one with every change of the desired state. */
  readonly generation: number;
  /** The generation that is fully applied. */
  readonly observedGeneration: number;
}

/** The phase that follows from the facts. Pure and total; the one place where a phase is decided, for every engine. */
export function clusterPhase(facts: ClusterFacts): ClusterPhase {
  if (facts.isDeleted) return 'Terminating';
  if (facts.isDegraded) return 'Degraded';
  if (!facts.wasReady) return facts.isAccepted ? 'Provisioning' : 'Pending';
  return facts.observedGeneration < facts.generation ? 'Upgrading' : 'Running';
}

/** The moves that {@link clusterPhase} can make between two readings; deletion is possible from everywhere. */
export const CLUSTER_MOVES: Readonly<Record<ClusterPhase, readonly ClusterPhase[]>> = {
  Pending: ['Provisioning', 'Degraded', 'Terminating'],
  Provisioning: ['Running', 'Upgrading', 'Degraded', 'Terminating'],
  Running: ['Upgrading', 'Degraded', 'Terminating'],
  Upgrading: ['Running', 'Degraded', 'Terminating'],
  Degraded: ['Provisioning', 'Running', 'Upgrading', 'Terminating'],
  Terminating: [],
};
