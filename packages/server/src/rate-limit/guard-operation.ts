/** What an operator sees of the guard and may do to it; behind `openkupe operator limits` and the metrics. */
export interface GuardOperation {
  /** Bytes of tables, taken at the start and never more. */
  readonly bytes: number;
  readonly metrics: GuardMetrics;
  /** Everything that is counted about an address now. */
  show(address: string): AddressView;
  /** Gives an address its full quota back and forgets its failures. Returns whether anything was known about it. */
  forgive(address: string): boolean;
}

/** The two limits that an address can meet. */
export type AddressScope = 'address' | 'network';

/** What the guard has counted since the start, and how full its tables are. Every key is a word of ours; none is a caller's. */
export interface GuardMetrics {
  readonly allowed: number;
  readonly denied: Readonly<Record<AddressScope | 'authentication' | 'looks', number>>;
  /** Admitted with little left. */
  readonly nearLimit: number;
  /** What a policy that is only watched would have refused. */
  readonly shadowDenied: Readonly<Record<AddressScope, number>>;
  readonly authenticationFailures: number;
  /** The share of slots that hold a live key. */
  readonly tableLoad: Readonly<Record<AddressScope, number>>;
  /** Keys that were near or over their limit within the last minute. */
  readonly limited: Readonly<Record<AddressScope, number>>;
  readonly evictions: Readonly<Record<AddressScope | 'failures', number>>;
  readonly overflows: Readonly<Record<AddressScope | 'failures', number>>;
}

export interface LimitView {
  readonly name: string;
  readonly scope: AddressScope | 'key' | 'tenant' | 'authentication';
  readonly quota: number;
  /** Absent for a cap on what runs at the same time. */
  readonly windowSeconds?: number;
  readonly remaining: number;
  readonly resetSeconds: number;
  readonly isShadow: boolean;
}

export interface AddressView {
  /** The group as it is counted: an IPv4 address, or an IPv6 /64. */
  readonly group: string;
  readonly limits: readonly LimitView[];
  readonly authentication: { readonly failures: number; readonly blockedForMs: number };
}
