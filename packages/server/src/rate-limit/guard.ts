/**
 * The guard port, asked before anything else is done with a request: "The API enforces rate limits per IP address", and "Repeated
 * authentication failures trigger exponential backoff on top of the regular limit".
 */
export interface Guard {
  /**
   * Asks the rate limit of the address. `credential` is the raw bearer token, if any: it separates the neighbours behind one address and is
   * never kept in clear.
   */
  admit(request: { readonly address: string; readonly credential?: string }): Admission;
  /**
   * Asks the same for a look at the limits, which costs nothing of them once it is answered. Until then its cost is held, so that looks
   * which end in a refusal are no way around the limit; and looks have a limit of their own.
   */
  admitLook(request: { readonly address: string; readonly credential?: string }): LookAdmission;
  /**
   * Takes note of how the verification of a credential ended. A right one is never refused, whatever failed before it, and clears the
   * failures of its own key. A wrong one feeds the backoff: `undefined` while it is answered 401, the 429 once its key, its address or its
   * network has failed too often.
   */
  reportAuthentication(report: {
    readonly address: string;
    readonly credential: string;
    readonly isValid: boolean;
  }): GuardRefusal | undefined;
}

/** Response headers, lower-case names. */
export type GuardHeaders = Readonly<Record<string, string>>;

/** `finish` is to be called once, when the answer is decided. */
export type LookAdmission = { readonly isAdmitted: true; readonly headers: GuardHeaders; finish(isAnswered: boolean): void } | GuardRefusal;

/** A 429. `retryAfterMs` is when a client that waits exactly `Retry-After` is admitted. Nothing was executed. */
export interface GuardRefusal {
  readonly isAdmitted: false;
  readonly limit: 'address' | 'authentication' | 'looks';
  /** The name of the policy in `RateLimit-Policy`. */
  readonly policy: string;
  readonly retryAfterMs: number;
  /** No other request is promised that moment. */
  readonly isReserved: boolean;
  readonly headers: GuardHeaders;
}

export type Admission =
  /** `headers` are to be sent with whatever answer follows. */
  { readonly isAdmitted: true; readonly headers: GuardHeaders } | GuardRefusal;
