/** What a cluster is billed for at a moment: plain decimal text, cores for cpu, GiB for memory and storage. */
export interface BilledFor {
  readonly cpu: string;
  readonly memory: string;
  readonly storage: string;
  /** Whether the surcharge for high availability runs. */
  readonly highAvailability: boolean;
}

/** A plan as a bill needs it. */
export interface PlanTerms {
  readonly name: string;
  /** GBP a month. */
  readonly platformFee: string;
}

/** A cluster that is billed when a period ends, and the entry that says what for. */
export interface CarriedCluster {
  readonly uid: string;
  readonly name: string;
  readonly billed: BilledFor;
  readonly entry: number;
}

/** One thing that happened and that a bill depends on. Each says how things are from then on, so that no entry needs the one before it. */
export type LedgerFact =
  /** What a cluster is billed for from now on; `null` ends it. */
  | { readonly kind: 'cluster'; readonly uid: string; readonly name: string; readonly billed: BilledFor | null }
  /** The tenant moved from one plan to another. */
  | { readonly kind: 'plan'; readonly from: PlanTerms; readonly to: PlanTerms }
  /** An operator granted credit: GBP, decimal text. */
  | { readonly kind: 'credit'; readonly amount: string; readonly reason: string }
  /** Everything up to `until` is on an invoice. What goes on after it is carried here, so that no read goes further back. */
  | ({ readonly kind: 'closing' } & Closed)
  /** The closing of `reopened` and all after it were wrong: what holds is what held before it, repeated here. */
  | ({ readonly kind: 'reopening'; readonly reopened: string } & Closed);

/** The last closed period of a tenant. */
export interface Closed {
  /** Empty where nothing was closed before: the tenant begins at its beginning. */
  readonly tenantUid: string;
  readonly invoice: string;
  /** The end of what was billed, epoch milliseconds; the next period begins here. */
  readonly until: number;
  /** The last entry that is on the invoice. */
  readonly upTo: number;
  /** Nothing follows: the tenant is going away. */
  readonly isFinal: boolean;
  readonly clusters: readonly CarriedCluster[];
  readonly plan?: PlanTerms;
  readonly credit: string;
}

/** An entry to append in the same commit as the change that causes it. */
export interface LedgerEntry {
  readonly tenant: string;
  /** When it counts from, epoch milliseconds. One that is earlier than the tenant's last entry is kept with that one's time, unless it is a reopening. */
  readonly at: number;
  readonly fact: LedgerFact;
  /** The tenant's last entry when this one was decided, 0 for none: the commit is stale when another came in between. */
  readonly follows?: number;
}

/** An entry as kept: for good, and unchanged. */
export interface LedgerRow {
  readonly tenant: string;
  /** Counts the tenant's entries from 1, without gaps. Times never go backwards along it, but at a reopening. */
  readonly entry: number;
  readonly at: number;
  readonly fact: LedgerFact;
}
