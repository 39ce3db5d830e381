import type { AuditedField } from '@openkupe/contract';
import type { FactsPage } from './cluster-facts.ts';
import type { LedgerEntry, LedgerFact, LedgerRow } from './ledger.ts';
import type { Kind, Kinds, Resource, ResourceKey } from './resource.ts';

/**
 * The store port: reads, one atomic `commit`, and leased work. Every expected outcome is a value; a rejected promise means that the
 * store itself failed ({@link StoreUnavailableError}: nothing of the commit is there) or a defect.
 */
export interface Store {
  get<K extends Kind>(key: ResourceKey<K>): Promise<Resource<K> | undefined>;
  /** One resource by a name that is unique across tenants (`api-key` ids are). */
  find<K extends Kind>(kind: K, name: string): Promise<Resource<K> | undefined>;
  /** The cluster with a uid. */
  findCluster(uid: string): Promise<Resource<'cluster'> | undefined>;
  /** All resources of a kind, of one tenant or of all, ordered by tenant and name. Rejects with {@link BrokenDataError} if one cannot be read. */
  list<K extends Kind>(kind: K, tenant?: string): Promise<Resource<K>[]>;
  /** The same without those that cannot be read: for decisions that one broken row must not stop. */
  listReadable<K extends Kind>(kind: K, tenant?: string): Promise<Resource<K>[]>;

  /**
   * The resources of a kind of one tenant by name, or those of a `range`, as they were at one moment. Each is decoded when the iteration
   * reaches it: for lists so long that decoding them at once would hold up everything else. The cost of a range does not depend on what is
   * outside of it.
   */
  scan<K extends Kind>(kind: K, tenant: string, range?: ScanRange): Promise<Scan<K>>;
  /** What decides the phase of clusters, of all tenants, in pages as {@link keysAfter} has them; what cannot be read is left out. */
  clusterFacts(after: Pick<ResourceKey, 'tenant' | 'name'> | undefined, limit: number): Promise<FactsPage>;
  /** How many targets all secrets of a tenant have together. */
  countTargets(tenant: string): Promise<number>;
  /** Bytes that the alerts of all clusters of a tenant take together, as JSON. */
  alertBytes(tenant: string): Promise<number>;

  /** The identity of every resource of a kind, of one tenant or of all, in the same order; nothing else of them is read. */
  keys<K extends Kind>(kind: K, tenant?: string): Promise<ListedKey<K>[]>;
  /** The same of all tenants, a page at a time: at most `limit`, those behind `after`, which need not exist; the first ones without it. */
  keysAfter<K extends Kind>(kind: K, after: Pick<ResourceKey, 'tenant' | 'name'> | undefined, limit: number): Promise<ListedKey<K>[]>;

  /**
   * Applies every write of the change, its ledger entries, audit row, events, work items and idempotency record, or none of them. Durable when it
   * resolves. Changes that are handed in during one turn of the event loop are applied in that order.
   */
  commit(change: Change): Promise<CommitOutcome>;

  /** The record kept under an idempotency key, unless it has expired. */
  idempotencyRecord(scope: string, nowMs: number): Promise<IdempotencyRecord | undefined>;
  /** Bytes that idempotency records take, of one tenant or of all. */
  idempotencyRecordBytes(tenant?: string): Promise<number>;
  /** Deletes idempotency records that expired before `nowMs`; returns how many. */
  forgetIdempotencyRecords(nowMs: number): Promise<number>;

  /**
   * Events with a revision greater than `after`, oldest first, at most `limit`. A commit is never split, so the last revision is a place
   * to go on from; one commit that alone has more events than `limit` comes whole.
   */
  events(after: number, limit: number): Promise<StoredEvent[]>;
  /**
   * Deletes events that are older than `retentionMs` at `nowMs` (epoch milliseconds), at most `limit` and the rest of their commit; returns how many. What
   * was written after a younger one is kept, whatever its date says, and the last commit with events is, so that it is known how far they go.
   */
  forgetEvents(nowMs: number, retentionMs: number, limit: number): Promise<number>;
  /** The revision of the last event that says that a tenant of this name was created; 0 where that is not kept any more, nor anything before it. */
  tenantCreatedIn(tenant: string): Promise<number>;
  /** The revision of the last change; 0 before the first. */
  newestRevision(): Promise<number>;
  /** Audit rows of a tenant, newest first, at most `limit`; those before the revision `before`, where it is given. */
  audit(tenant: string, limit: number, before?: number): Promise<AuditRow[]>;
  /**
   * Deletes audit rows that are older than `retentionMs` at `nowMs` (epoch milliseconds), at most `limit` of them; returns how many. A row that was
   * written after a younger one is as young as that one, whatever its date says: the wall clock that dated it was behind.
   */
  forgetAudit(nowMs: number, retentionMs: number, limit: number): Promise<number>;
  /** What is on disk, in bytes. Cheap: nothing is scanned. */
  diskUsage(): Promise<DiskUsage>;

  /** Ledger entries of a tenant after `entry`, oldest first, at most `limit`. */
  ledger(tenant: string, entry: number, limit: number): Promise<LedgerRow[]>;
  /** The tenant's newest ledger entry, of `kind` if one is given. */
  lastLedger(tenant: string, kind?: LedgerFact['kind']): Promise<LedgerRow | undefined>;

  /**
   * Leases up to `limit` due work items to `owner` for `leaseMs` milliseconds. Each lease has a fence that is larger than any before it.
   * Work is due by a clock of the store that no change of the wall clock moves, so callers name durations, never moments.
   */
  leaseWork(request: LeaseRequest): Promise<LeasedWork[]>;
  /** Tenants with due work and how many items each has, the longest due first, at most `limit` tenants. Costs a look at everything that is due. */
  dueTenants(limit: number): Promise<DueTenant[]>;
  /**
   * Gives a lease back: due again after `afterMs` milliseconds, or done. Work that was woken while it was leased stays due at once.
   * `lost` when the fence is no longer the newest: the work was leased again.
   */
  finishWork(work: LeasedWork, next: { afterMs: number } | 'done'): Promise<'finished' | 'lost'>;
  /** Milliseconds until the next work item is due (or its lease ends), 0 when one is due; `undefined` when there is none. */
  nextWorkInMs(): Promise<number | undefined>;

  /** The check value of the secrets that this store's data was written with; `undefined` before one was kept. */
  secretsCheck(): Promise<string | undefined>;
  keepSecretsCheck(check: string): Promise<void>;

  /** How far the time had come when it was last kept; `undefined` before it was. */
  knownTime(): Promise<KnownTime | undefined>;
  keepKnownTime(known: KnownTime): Promise<void>;

  /** Calls `listener` after every commit that wakes work or appends an event. Returns the function that ends it. */
  onCommit(listener: () => void): () => void;
  /** Resolves if the next change would be written; rejects with {@link StoreUnavailableError} where it would not. */
  ping(): Promise<void>;
  /** Why the last change could not be written, unless one was written since. Known without a write. */
  failure(): StoreFailure | undefined;
  /** Finishes what was accepted, then closes. */
  close(): Promise<void>;
}

/** A part of a list that is ordered by name. Names are compared by their bytes. */
export interface ScanRange {
  /** Only names behind this one, whether it exists or not. */
  readonly after?: string | undefined;
  /** Only names that begin like this. */
  readonly prefix?: string | undefined;
  /** At most this many, the first ones. */
  readonly limit?: number | undefined;
  /** Only clusters that have a label under this key, with this value where there is one. Read by an index. */
  readonly label?: { readonly key: string; readonly value?: string | undefined } | undefined;
}

/** Resources as they were at one moment. */
export interface Scan<K extends Kind = Kind> {
  /** Equal for two scans of one range only if the same resources were in it, with the same spec, status and time of deletion. */
  readonly version: string;
  /** To be iterated once. */
  readonly rows: Iterable<Resource<K>>;
}

/** A resource that exists, without spec and status. */
export interface ListedKey<K extends Kind = Kind> extends ResourceKey<K> {
  /** Epoch milliseconds at which deletion was accepted. */
  readonly deletedAt?: number;
}

/** One write of a resource of any kind. */
export type Write = { [K in Kind]: WriteOf<K> }[Kind];

/** One write. `expectedVersion` is a `resourceVersion`, `expectedObservation` an `observation`. */
export type WriteOf<K extends Kind> =
  | {
      readonly verb: 'create';
      readonly key: ResourceKey<K>;
      readonly uid: string;
      readonly spec: Kinds[K]['spec'];
      readonly observed: Kinds[K]['observed'];
    }
  /** Replaces the spec: moves resourceVersion and generation. With `keepsLabels` it has the labels of the one that it replaces. */
  | {
      readonly verb: 'update-if';
      readonly key: ResourceKey<K>;
      readonly expectedVersion: string;
      readonly spec: Kinds[K]['spec'];
      readonly keepsLabels?: boolean;
    }
  /** Replaces the status: moves observation only. Fails as `stale` when the uid or the observation differ, or when the fence is old. */
  | {
      readonly verb: 'observe-if';
      readonly key: ResourceKey<K>;
      readonly uid: string;
      readonly expectedObservation: number;
      readonly observed: Kinds[K]['observed'];
      readonly fence?: LeasedWork;
    }
  /** Marks deletion as accepted: moves resourceVersion and sets deletedAt. */
  | { readonly verb: 'mark-deleted-if'; readonly key: ResourceKey<K>; readonly expectedVersion: string }
  /** Removes the row. */
  | {
      readonly verb: 'delete-if';
      readonly key: ResourceKey<K>;
      readonly uid: string;
      readonly expectedVersion: string;
      readonly fence?: LeasedWork;
    };

/** Plain data, so that a store may apply it in another thread. */
export interface Change {
  readonly at: number;
  readonly writes: readonly Write[];
  /** What a bill will depend on. */
  readonly ledger?: readonly LedgerEntry[];
  /** One row per requested change; status writes of the reconciler have none. */
  readonly audit?: AuditEntry;
  /** For readers of the event stream. */
  readonly events?: readonly EventEntry[];
  /** Resources the reconciler has to look at, now. */
  readonly wake?: readonly ResourceKey[];
  /** What a repetition of the request under the same idempotency key is answered from. */
  readonly idempotency?: NewIdempotencyRecord;
}

/**
 * `revision` is the `resourceVersion` of every resource whose spec the change wrote; `afterWrite` says what else they are. `index`
 * names the write that failed; ledger entries are counted on after the writes.
 */
export type CommitOutcome =
  | { readonly outcome: 'written'; readonly revision: number }
  | { readonly outcome: 'stale' | 'exists' | 'missing'; readonly index: number }
  /** Another request with the same idempotency key committed first. */
  | { readonly outcome: 'repeated'; readonly record: IdempotencyRecord }
  /** The idempotency records of the tenant fill its quota; from `roomAt` (epoch milliseconds) on the oldest of them may go. */
  | { readonly outcome: 'over-quota'; readonly roomAt: number };

/** One entry of the audit: who changed what, from where, and which fields. */
export interface AuditEntry {
  readonly tenant: string;
  /** Of the tenant, which tells it from a later one of the same name; empty where it is not known, as in rows of earlier releases. */
  readonly tenantUid: string;
  /** Who: an API key id, an e-mail address, or `operator`. Never a secret. */
  readonly actor: string;
  /** The route id, e.g. `clusters.create`. */
  readonly action: string;
  readonly target: string;
  /** Of what was changed; empty where it has none, or is not known. */
  readonly targetUid: string;
  /** The address of the client; empty where it is not known. */
  readonly address: string;
  readonly requestId: string;
  readonly fields: readonly AuditedField[];
}
/** An audit entry as it is stored. */
export interface AuditRow extends AuditEntry {
  readonly revision: number;
  readonly at: number;
}

/** One event about a resource. */
export interface EventEntry {
  readonly key: ResourceKey;
  readonly type: 'created' | 'changed' | 'observed' | 'deletion-accepted' | 'deleted';
  /** One sentence for a person. */
  readonly message: string;
}
/** An event as it is stored. */
export interface StoredEvent extends EventEntry {
  /** Grows with every commit; several events of one commit share it, in order. */
  readonly revision: number;
  readonly at: number;
}

/** An idempotency record on its way into the transaction of the change that it answers; the store adds the revision. */
export interface NewIdempotencyRecord extends Omit<IdempotencyRecord, 'revision'> {
  /** The time by which an earlier record under the same scope has expired or not. */
  readonly nowMs: number;
  /** Whose quota it counts against. */
  readonly tenant: string;
  /** Bytes that this tenant's idempotency records may take together. */
  readonly quotaBytes: number;
  /** For the sake of the quota a record may go from this long before it expires on, in milliseconds. */
  readonly replaceableMs: number;
}

/** The stored answer of a write under an idempotency key. */
export interface IdempotencyRecord {
  /** Tenant, principal, method, path and key, hashed: no other caller can produce it. */
  readonly scope: string;
  /** Hash of the canonical body; another one under the same scope is a mistake of the caller. */
  readonly fingerprint: string;
  readonly status: number;
  /** The answer less its version, encrypted under the installation's key, because it may hold a secret. */
  readonly sealed: string;
  readonly expiresAt: number;
  /** The revision of the change, which is the version that the answer shows. */
  readonly revision: number;
}

/** What the store takes on disk, in bytes. */
export interface DiskUsage {
  readonly database: number;
  /** Pages of the database that hold nothing and are used again before it grows; absent where a database server has them. */
  readonly free?: number;
  /** The write-ahead log; absent where a database server has it. */
  readonly log?: number;
  readonly idempotencyRecords: number;
}

/** Which due work is leased: the longest due first, or of the `tenants` one item of each in turn, and a second one once each had one. */
export interface LeaseRequest {
  readonly owner: string;
  readonly leaseMs: number;
  readonly limit: number;
  readonly tenants?: readonly string[];
}

/** A tenant with due work. */
export interface DueTenant {
  readonly tenant: string;
  readonly items: number;
  /** How long its oldest item has been due, in milliseconds; what was due at the start of the server already does not count. */
  readonly waitsMs: number;
}

/** A work item with its lease. */
export interface LeasedWork {
  readonly key: ResourceKey;
  /** Larger than every fence given before for this key. */
  readonly fence: number;
  /** The wake count that was seen; a later wake makes `finishWork` leave the item due. */
  readonly wakes: number;
}

/** The time as a process knew it, epoch milliseconds: its best estimate, and what had passed for certain (see `time/confirmed-time.ts`). */
export interface KnownTime {
  readonly knownMs: number;
  readonly certainMs: number;
}

/**
 * Why a store cannot answer: its disk is full, its files are not where it opened them, its pages are damaged, what writes it has ended (a
 * defect), or anything else.
 */
export type StoreFailure = 'full' | 'moved' | 'damaged' | 'ended' | 'other';

/** The store could not answer. Nothing was written, unless `executed` says that this is unknown. The pipeline answers 503. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  readonly failure: StoreFailure;
  readonly executed: 'no' | 'unknown';

  constructor(
    message: string,
    options: { readonly failure?: StoreFailure; readonly executed?: 'no' | 'unknown'; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.failure = options.failure ?? 'other';
    this.executed = options.executed ?? 'no';
  }
}
