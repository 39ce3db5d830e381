/** A request as a store sees it that several processes share: keyed hashes, under a key that is the same in all of them. */
export interface SharedRequest {
  readonly address: string;
  /** The /48 of an IPv6 address. */
  readonly network?: string | undefined;
  /** Who sends it, see {@link RequestIdentity}, and what names it among others. */
  readonly flow: string;
  readonly isTrusted: boolean;
  readonly fingerprint: string;
  readonly isCommon: boolean;
}

/** What a shared limit says of a request. Times are milliseconds from now; what is used of a bucket is its theoretical arrival time. */
export interface SharedDecision {
  /** `promised`: refused, and a slot is kept for it. */
  readonly outcome: 'admitted' | 'promised' | 'refused';
  readonly waitMs: number;
  readonly usedMs: number;
  readonly networkUsedMs: number;
  /** No other request has its slot: `slot=reserved`. */
  readonly isReserved: boolean;
  /** For how long every request of this flow would be refused likewise. */
  readonly refusedForMs: number;
}

/** What is added to what a key has used: a request, nothing (to read it), or a request given back. */
export type Charge = 1 | 0 | -1;

/**
 * The port of an address limit that several processes enforce together. No call takes longer than a fixed time, and none rejects: where
 * the store is slow, away or emptied the answer is `undefined`, and the caller enforces the share of its process.
 */
export interface SharedLimit {
  /** Whether the store answers. While it does not, asking is of no use. */
  readonly isAvailable: boolean;
  /** Processes that share the limit, as they were counted last. */
  readonly processes: number;
  readonly counters: { readonly asked: number; readonly unanswered: number; readonly trips: number };
  ask(request: SharedRequest, charge: Charge): Promise<SharedDecision | undefined>;
  /** Forgets what is counted about an address. Returns whether anything was. */
  forget(request: Pick<SharedRequest, 'address' | 'network'>): Promise<boolean>;
  /** Begins to connect. Resolves once the first attempt is over, whatever its outcome. */
  start(): Promise<void>;
  close(): Promise<void>;
}
