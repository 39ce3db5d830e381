/** Response headers, lower-case names. */
export type LimitHeaders = Readonly<Record<string, string>>;

/** What a limit says of a request: admitted, with headers for whatever answer follows, or a 429. */
export type Admission = { readonly isAdmitted: true; readonly headers: LimitHeaders } | LimitRefusal;

/** A 429. A client that waits exactly `retryAfterSeconds` is admitted. Nothing was executed. */
export interface LimitRefusal {
  readonly isAdmitted: false;
  readonly limit: 'address' | 'authentication';
  /** The name of the policy in `RateLimit-Policy`. */
  readonly policy: string;
  readonly retryAfterSeconds: number;
  /** The slot at that time is kept for this request: `slot=reserved`. */
  readonly isReserved: boolean;
  readonly headers: LimitHeaders;
}

/** A limit and what is left of it, as `GET …/limits` and the operator see it. */
export interface LimitView {
  readonly name: string;
  readonly scope: 'address' | 'network' | 'key' | 'tenant' | 'authentication';
  readonly quota: number;
  /** Absent for a cap on what runs at the same time. */
  readonly windowSeconds?: number;
  readonly remaining: number;
  readonly resetSeconds: number;
  readonly isShadow: boolean;
}
