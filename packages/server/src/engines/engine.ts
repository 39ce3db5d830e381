import type { BrokenDataError } from '../store/broken-data.ts';
import type { ClusterSpec, Resource } from '../store/resource.ts';
import type { IssuedCertificate } from './x509/certificates.ts';

/** Whether a cluster shares its nodes or has nodes of its own. */
export type ClusterType = ClusterSpec['type'];

/** Identifies a cluster. `uid` is unique over time; a name can be used again after a delete. The type never changes, and chooses the engine. */
export interface ClusterRef {
  readonly tenant: string;
  readonly name: string;
  readonly uid: string;
  readonly type: ClusterType;
}

/** The reference to the cluster of a row. */
export function refOf({ tenant, name, uid, spec }: Resource<'cluster'>): ClusterRef {
  return { tenant, name, uid, type: spec.type };
}

/** A Kubernetes version that can be asked for. */
export interface KubernetesVersion {
  /** What a request names: `1.32`. */
  readonly minor: string;
  /** What runs: `v1.32.3`. */
  readonly full: string;
  /** Still accepted, but going away: creates get a warning. */
  readonly isRetiring?: true;
}

/** Why an engine cannot make a cluster as it is asked for. */
export interface SpecProblem {
  /** The field of the request, as a path (`resources/cpu`); absent where no single field is to blame. */
  readonly field?: string;
  /** One sentence for a person: what cannot be done, and what to do. */
  readonly message: string;
}

/** The version of a catalogue that is asked for as a minor (`1.32`) or a full one (`v1.32.3`). */
export function findVersion(catalogue: readonly KubernetesVersion[], asked: string): KubernetesVersion | undefined {
  const bare = asked.replace(/^v/, '');
  return catalogue.find(({ minor, full }) => minor === bare || full === `v${bare}`);
}

/** The state of a cluster as its engine observes it. */
export interface Observation {
  readonly exists: boolean;
  /** The API server answers. */
  readonly isReady: boolean;
  /** The generation that was last applied is completely in effect. */
  readonly isRolledOut: boolean;
  /** The generation last passed to `apply`, 0 before the first. */
  readonly appliedGeneration: number;
  /** What runs now, e.g. `v1.32.3`; empty before the first. */
  readonly runningVersion: string;
  /** What the cluster waits for, or what is wrong, for a person; empty otherwise. */
  readonly reason: string;
  /** What a cluster of this engine lacks though it is as it should be, for a person; absent where it lacks nothing. */
  readonly lacks?: string;
  /** Whether there is a fault that will not pass by itself. */
  readonly isFaulty: boolean;
  /** How many of the three replicas of each tier are ready; absent for a cluster without high availability. */
  readonly replicas?: { readonly controlPlane: number; readonly etcd: number };
}

/** The observation of a cluster that does not exist. */
export const NOTHING: Observation = {
  exists: false,
  isReady: false,
  isRolledOut: false,
  appliedGeneration: 0,
  runningVersion: '',
  reason: '',
  isFaulty: false,
};

/** How to reach a cluster. */
export interface ClusterAccess {
  readonly endpoint: string;
  readonly caPem: string;
}

/** Whom a client certificate is for: the user, the groups, and when it ends at the latest (epoch milliseconds). */
export interface WantedCertificate {
  readonly user: string;
  readonly groups: readonly string[];
  readonly endsAt: number;
}

/** Issues a client certificate with a fresh key. */
export type CertificateIssuer = (wanted: WantedCertificate) => IssuedCertificate;

/** A Kubernetes Secret (type Opaque) in a cluster. */
export interface ClusterSecret {
  readonly namespace: string;
  readonly name: string;
  /** The uid of the managed secret it belongs to. A Secret of another owner is never replaced or removed. */
  readonly owner: string;
}

/** A Kubernetes Secret with its values. */
export interface FilledSecret extends ClusterSecret {
  /** The version of the values, shown as an annotation. */
  readonly version: string;
  readonly data: Readonly<Record<string, string>>;
}

/**
 * The outcome of writing a Secret. `not-ready`: the cluster cannot store it now; `refused`: its API server does not, and says why for a person
 * (`namespaces "web" not found`, a quota).
 */
export type PutSecretResult = 'stored' | 'owned-by-another' | 'not-ready' | { readonly refused: string };

/**
 * Port: what runs clusters. Every verb is idempotent, none waits until its effect is visible, and each may be called for a cluster that does
 * not exist. A rejection means "not now": the reconciler retries with backoff.
 *
 * A call carries no fence: a process that lost its lease of a cluster while a call was on its way, or before it noticed, may still make one for
 * a moment after another process has begun. Its writes to the store are refused; the call itself is not. The generation given to `apply` only
 * grows, so an engine may ignore a lower one than it knows, and what the late call did is put right at the next `observe`.
 */
export interface ClusterEngine {
  /** Versions that can be asked for in clusters of the type, or of any, newest first; the first that is not retiring is the default. */
  versions(type?: ClusterType): readonly KubernetesVersion[];
  /** Why a cluster that runs `running` (`v1.35.1`) cannot be moved to `wanted`, for a person; `undefined` when it can. */
  whyNotAfter(running: string, wanted: KubernetesVersion, type: ClusterType): string | undefined;
  /**
   * Why no other version can be asked for before a cluster that runs `running` has moved to `asked`, as a request named it; `undefined` when it
   * can. Absent where a move that has not taken effect can always be taken back.
   */
  whyNotDuringMove?(running: string, asked: string, type: ClusterType): string | undefined;
  /**
   * What of `spec` this engine cannot do, empty for nothing: it is answered 400 before anything is written. `previous` is the desired state
   * that it replaces, absent for a new cluster. Synchronous, without a call to anything. The version is checked by {@link versions}.
   */
  validate(spec: ClusterSpec, previous?: ClusterSpec): readonly SpecProblem[];
  /** Starts to make the cluster agree with `spec`. */
  apply(ref: ClusterRef, spec: ClusterSpec, generation: number): Promise<void>;
  observe(ref: ClusterRef): Promise<Observation>;
  /** Why the engine's own record of the cluster cannot be read; `undefined` when it can, or when there is none. Synchronous. */
  unreadable(ref: Pick<ClusterRef, 'uid' | 'type'>): BrokenDataError | undefined;
  /** Endpoint and CA, once they are known. */
  access(ref: ClusterRef): Promise<ClusterAccess | undefined>;
  /** Creates or replaces the Secret. */
  putSecret(ref: ClusterRef, secret: FilledSecret): Promise<PutSecretResult>;
  /** Removes the Secret, unless it has another owner. In a cluster that does not exist, it is `gone`. */
  deleteSecret(ref: ClusterRef, secret: ClusterSecret): Promise<'gone' | 'not-ready'>;
  /**
   * What issues certificates of the cluster's own CA, with which a client is that user, in those groups, whatever the API server can reach. Nothing is
   * signed before it is called. Absent where an engine cannot.
   */
  certificateIssuer?(ref: ClusterRef): Promise<CertificateIssuer | 'not-ready' | 'not-supported'>;
  destroy(ref: ClusterRef): Promise<'deleting' | 'gone'>;
  /** Calls `listener` when a cluster may be in another state than it was observed in last, so that it is observed before its next check is due. */
  onChange?(listener: (ref: Pick<ClusterRef, 'tenant' | 'name'>) => void): void;
  /** Begins what one process at a time may do, of several on one store; not called again before `standDown`. */
  takeOver?(): Promise<void>;
  /** Ends it; another process may take over. */
  standDown?(): Promise<void>;
  /** Stops what runs in this process; the clusters themselves stay. */
  close(): Promise<void>;
}
