/**
 * The guard port, asked before anything else is done with a request: "The API enforces rate limits per IP address", and "Repeated
 * authentication failures trigger exponential backoff on top of the regular limit".
 */
export interface Guard {
  /**
   * Asks the address's rate limit and then its authentication backoff, both before either is charged.
   * `credential` is the raw bearer token, if any: it separates the neighbours behind one address and is never kept in clear.
   */
  admit(request: { readonly address: string; readonly credential?: string }): Admission;
  /** Reports how authentication went for an admitted request. A failure feeds the backoff, a success clears it. */
  reportAuthentication(report: { readonly address: string; readonly credential: string; readonly isValid: boolean }): void;
}

/** Response headers, lower-case names. */
export type GuardHeaders = Readonly<Record<string, string>>;

export type Admission =
  /** `headers` are to be sent with whatever answer follows. */
  | { readonly isAdmitted: true; readonly headers: GuardHeaders }
  /** A 429. `retryAfterMs` is when a client that waits exactly `Retry-After` is admitted. Nothing was executed. */
  | {
      readonly isAdmitted: false;
      readonly limit: 'address' | 'authentication';
      readonly retryAfterMs: number;
      readonly headers: GuardHeaders;
    };
