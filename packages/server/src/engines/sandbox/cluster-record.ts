import type { Authority } from '../x509/certificates.ts';

/**
 * What the sandbox stores of one cluster; its state at a moment follows from this and the time (see `life-cycle.ts`). Times are epoch
 * milliseconds at which something is due, so that other durations after a restart move nothing. The start of each delay is stored too, so
 * that a wall clock that was set back does not prolong it (`clampDelays`).
 */
export interface ClusterRecord {
  readonly format: 1;
  readonly uid: string;
  readonly tenant: string;
  readonly name: string;
  readonly createdAt: number;
  readonly readyAt: number;
  /** The generation passed to `apply` last, and what it asks for. */
  readonly generation: number;
  readonly version: string;
  /** Everything whose change has to be rolled out, as one text to compare. */
  readonly shape: string;
  /** Whether every tier has three replicas; absent for one. */
  readonly isHighlyAvailable?: true;
  /** What runs until `rolledOutAt`; empty while the cluster is made. */
  readonly previousVersion: string;
  readonly rolledOutAt: number;
  /** When the delay until `rolledOutAt` began. Records of earlier releases have none. */
  readonly changedAt?: number;
  /** When the cluster is gone; absent until its destruction was asked for. */
  readonly goneAt?: number;
  /** When the delay until `goneAt` began. */
  readonly destroyedAt?: number;
  /** The port its API server listens on from the time on at which it can answer. Records of earlier releases have none until then. */
  readonly port?: number;
  readonly authority: Authority;
}
