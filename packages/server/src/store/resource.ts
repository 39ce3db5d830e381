import type {
  ApiKeyCreate,
  ClusterResources,
  InvoiceLine,
  InvoicePhase,
  LabelValues,
  Member,
  Plan,
  Role,
  SyncTarget,
  VersionState,
} from '@openkupe/contract';

/** The desired state of a cluster. */
export interface ClusterSpec {
  readonly displayName: string;
  readonly type: 'shared' | 'dedicated';
  /** As it was asked for, e.g. `1.32`. */
  readonly version: string;
  /** As they were sent; an empty object sets no limits. */
  readonly resources: ClusterResources;
  readonly alerts?: Readonly<Record<string, unknown>>;
  /** Absent where there are none. */
  readonly labels?: LabelValues;
  readonly highAvailability: boolean;
}

/** The status of a cluster. Only the reconciler writes it. */
export interface ClusterObserved {
  /** When the reconciler picked the cluster up, epoch milliseconds. */
  readonly acceptedAt?: number;
  /** When the cluster was ready for the first time. */
  readonly readyAt?: number;
  /** Why it is degraded, for a person; absent while it is healthy. */
  readonly degraded?: string;
  readonly observedGeneration: number;
  /** The full version that runs, e.g. `v1.32.3`; empty before the first. */
  readonly kubernetesVersion: string;
  /** `https://…`, empty until reachable. */
  readonly endpoint: string;
  /** PEM of the cluster CA, empty until known. */
  readonly caPem: string;
  /** What is being waited for, for a person; empty when nothing. */
  readonly waitingFor: string;
  /** What a cluster of its engine lacks though it is as it should be, for a person; absent where it lacks nothing. */
  readonly lacks?: string;
  /** How far high availability is; absent for a cluster without it, and until the engine has shown its replicas. */
  readonly highAvailability?: HighAvailabilityObserved;
  /** The generation that is being worked towards, and since when (epoch milliseconds): deadlines count from here. Absent while the world agrees. */
  readonly pending?: { readonly generation: number; readonly since: number };
}

/** The status of high availability: how many replicas of each tier are ready. */
export interface HighAvailabilityObserved {
  readonly phase: 'pending' | 'ha-healthy' | 'ha-degraded' | 'ha-unavailable';
  readonly replicasReady: number;
  readonly etcdReplicasReady: number;
  /** When every replica was ready for the first time, epoch milliseconds: the surcharge runs from here. Never cleared. */
  readonly enabledAt?: number;
}

/** The desired state of a tenant: what its owner and the operator have set. */
export interface TenantSpec {
  readonly displayName: string;
  readonly contactEmail: string;
  readonly plan: string;
  readonly enforceMetricsLimit: boolean;
  readonly enforceLogLimit: boolean;
  readonly members: readonly Member[];
  /** Addresses of members that were removed, in lower case: a claim of the issuer does not let them in again. Adding one again clears it. */
  readonly removedMembers?: readonly string[];
  /** Set once more were removed than are remembered: from then on only members have access, whatever an issuer claims. */
  readonly isMembersOnly?: boolean;
  /** Set by the operator: every request is refused with this reason. What runs goes on. */
  readonly suspended?: { readonly reason: string };
  /** Set by the operator: clusters may have nodes of their own. */
  readonly allowsDedicated?: boolean;
}

/** What a tenant has allocated, kept in the same transaction as every change of it, so that two creates cannot overshoot together. */
export interface TenantObserved {
  readonly clusterCount: number;
  readonly allocated: { readonly cpu: string; readonly memory: string; readonly storage: string };
}

/** An API key as it was made. */
export interface ApiKeySpec {
  readonly displayName: ApiKeyCreate['displayName'];
  readonly role: Role;
  /** As it was sent. */
  readonly expiresAt?: string;
  /** What of its role it may do; absent: all of it. */
  readonly scopes?: readonly string[];
  /** From where it is accepted, as CIDR blocks; absent: from anywhere. */
  readonly addressRanges?: readonly string[];
  readonly createdBy: string;
  /** HMAC-SHA-256 of the key under the installation's pepper, hexadecimal. The key itself is stored nowhere. */
  readonly keyHash: string;
  /** The key that takes its place, and when this one stops working, epoch milliseconds; absent while it was not rotated. */
  readonly replacedBy?: { readonly id: string; readonly endsAt: number };
}

/** When and from where an API key was used. */
export interface ApiKeyObserved {
  /** Epoch milliseconds; coarse, because a read must not cost a write. */
  readonly lastUsedAt?: number;
  /** The client address of that use. */
  readonly lastUsedFrom?: string;
}

/** The desired state of a secret. */
export interface SecretSpec {
  readonly secretPath: string;
  /** As it was sent; absent when the last write left it out or sent null. */
  readonly sync?: readonly SyncTarget[];
}

/** A Kubernetes Secret that this secret has, or may have, in a cluster. */
export interface SecretPlace {
  readonly cluster: string;
  readonly clusterUid: string;
  readonly namespace: string;
  readonly secretName: string;
}

/** The status of one target; equal when nothing changed, so that a check without a change writes nothing. */
export interface TargetStatus {
  readonly cluster: string;
  readonly namespace: string;
  readonly secretName: string;
  readonly phase: 'Pending' | 'Synced' | 'Failed';
  readonly message: string;
  readonly version?: string;
  /** Epoch milliseconds. */
  readonly syncedAt?: number;
}

/** The status of a secret. Only the reconciler writes it. */
export interface SecretObserved {
  readonly observedGeneration: number;
  /** Recorded before a Secret is written there, so that every one of them is found again. */
  readonly places: readonly SecretPlace[];
  readonly targets: readonly TargetStatus[];
  /** When the targets last changed between good and not good, epoch milliseconds. */
  readonly changedAt: number;
}

/** An issued invoice; what is on it never changes. Times are epoch milliseconds, amounts GBP with two places. */
export interface InvoiceSpec {
  /** A later tenant of the same name does not see it. */
  readonly tenantUid: string;
  readonly periodStart: number;
  readonly periodEnd: number;
  readonly issuedAt: number;
  readonly billedUntil: number;
  readonly lines: InvoiceLine[];
  readonly subtotal: string;
  readonly creditsApplied: string;
  readonly total: string;
}

/** The status of an invoice. */
export interface InvoiceObserved {
  readonly phase: InvoicePhase;
}

/** What the operator decides for every tenant. */
export interface PlatformSettings {
  /** Cheapest first, never empty. */
  readonly plans: readonly Plan[];
  /** By minor version; one that is not listed is as the engine says. */
  readonly versions: Readonly<Record<string, VersionState>>;
  readonly isProvisioningPaused: boolean;
}

/** Which engine runs the clusters of each type. */
export interface EngineChoiceSpec {
  readonly shared: string;
  readonly dedicated: string;
}

/** The Alertmanager configuration of a tenant. Its generation is the counter that its sections share as their tag. */
export interface AlertmanagerSpec {
  /** Global settings, receivers and routes as JSON, encrypted under the installation's key, because receivers hold credentials. */
  readonly sealed: string;
  /** The generation that last changed each section. A receiver that is not in here does not exist. */
  readonly changedAt: {
    readonly global: number;
    readonly routes: number;
    readonly receivers: Readonly<Record<string, number>>;
  };
}

/** The status of an Alertmanager configuration: how far its delivery is. Times are epoch milliseconds. */
export interface AlertmanagerObserved {
  /** The generation that is in force, as it was sealed: it stays in force while a later one is refused. */
  readonly delivered?: { readonly generation: number; readonly at: number; readonly sealed: string };
  /** The generation that was refused, why, for its tenant, and by which release of Alertmanager. */
  readonly rejected?: { readonly generation: number; readonly at: number; readonly message: string; readonly by: string };
  /** Why a generation could not be delivered yet, for its tenant, and since when something waits. */
  readonly waiting?: { readonly generation: number; readonly since: number; readonly message: string };
}

/** What is stored sealed under the installation's key, as a whole. */
export interface SealedSpec {
  readonly sealed: string;
}

/** Sealed values at a path; their version is the generation of the row, after what a file had counted before. */
export interface SecretValueSpec extends SealedSpec {
  /** The version of the file that the row has replaced; none where there was no file. */
  readonly versionBefore?: number;
}

/** The desired state of a webhook. */
export interface WebhookSpec {
  readonly url: string;
  /** `<kind>.<type>`, each half may be `*`; absent: every event. */
  readonly events?: readonly string[];
  readonly isEnabled: boolean;
  /** What messages are signed with, newest first, as JSON, encrypted under the installation's key. */
  readonly sealed: string;
  /** Until when the old secret signs, too, epoch milliseconds. */
  readonly oldSecretEndsAt?: number;
}

/** Which event: its revision, and its place among those of that revision. */
export interface EventPosition {
  readonly revision: number;
  readonly index: number;
}

/** One attempt to deliver a message. */
export interface WebhookAttempt extends EventPosition {
  readonly type: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** From 1 on; 0 for a redelivery that was asked for. */
  readonly attempt: number;
  readonly durationMs: number;
  readonly isDelivered: boolean;
  readonly status?: number;
  readonly error?: string;
}

/** The status of a webhook: how far it is. This is the durable queue, which only its sender moves on. */
export interface WebhookObserved {
  /** The first event that was not delivered, or will be the next one. */
  readonly position: EventPosition;
  /** What was asked to be delivered once more. */
  readonly redeliveries: readonly EventPosition[];
  /** The last attempts, newest first. */
  readonly attempts: readonly WebhookAttempt[];
  /** Attempts that failed in a row, when the first and the last of them was, and when the next one is, epoch milliseconds. */
  readonly failures: number;
  readonly failingSince?: number;
  readonly failedAt?: number;
  readonly nextAttemptAt?: number;
  /** Set when it failed for too long: why, for a person. Cleared by an update. */
  readonly disabled?: string;
}

/** The kinds of stored resources, with spec and status of each. */
export interface Kinds {
  tenant: { spec: TenantSpec; observed: TenantObserved };
  cluster: { spec: ClusterSpec; observed: ClusterObserved };
  secret: { spec: SecretSpec; observed: SecretObserved };
  alertmanager: { spec: AlertmanagerSpec; observed: AlertmanagerObserved };
  'api-key': { spec: ApiKeySpec; observed: ApiKeyObserved };
  setting: { spec: PlatformSettings; observed: Readonly<Record<string, never>> };
  invoice: { spec: InvoiceSpec; observed: InvoiceObserved };
  /** When the deletion of a tenant was asked for last, and when the tenant was removed: a row each, epoch milliseconds. */
  'deletion-attempt': { spec: { readonly at: number }; observed: Readonly<Record<string, never>> };
  /** The engines of the installation: one row. */
  'engine-choice': { spec: EngineChoiceSpec; observed: Readonly<Record<string, never>> };
  /** The record of a cluster in the sandbox of several processes, by the uid of the cluster. */
  sandbox: { spec: SealedSpec; observed: Readonly<Record<string, never>> };
  /** The values at a path of the secrets backend of several processes. */
  'secret-value': { spec: SecretValueSpec; observed: Readonly<Record<string, never>> };
  webhook: { spec: WebhookSpec; observed: WebhookObserved };
}

/** The name of a kind of stored resources. */
export type Kind = keyof Kinds;

/** The identity of a resource. A tenant is its own tenant: `tenant` and `name` are equal. */
export interface ResourceKey<K extends Kind = Kind> {
  readonly kind: K;
  readonly tenant: string;
  readonly name: string;
}

/** A stored resource as read. */
export interface Resource<K extends Kind = Kind> extends ResourceKey<K> {
  /** Differs between a resource and a later one of the same name. */
  readonly uid: string;
  /** The store revision at which the desired state last changed or deletion began: what `If-Match` compares. Never reused. */
  readonly resourceVersion: string;
  /** Counts writes of the status since creation. */
  readonly observation: number;
  /** Counts changes of the desired state, from 1. */
  readonly generation: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Epoch milliseconds at which deletion was accepted. */
  readonly deletedAt?: number;
  readonly spec: Kinds[K]['spec'];
  readonly observed: Kinds[K]['observed'];
}
