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
  /**
   * Asks the same for a look at the limits, which costs nothing of them once it is answered. Until then its cost is held, so that looks
   * which end in a refusal are no way around the limit; and looks have a limit of their own.
   */
  admitLook(request: { readonly address: string; readonly credential?: string }): LookAdmission;
  /**
   * Asks right before a credential is verified, so that a volley of guesses is not verified side by side. `finish` is called with the
   * result, or with `undefined` when the verification itself failed or the credential is refused but was no guess.
   */
  beginAuthentication(request: { readonly address: string; readonly credential: string }): AuthenticationStart;
  /**
   * Reports how authentication went for an admitted request, where `beginAuthentication` was not asked. A failure feeds the backoff; a
   * success clears the count of its key and lets the credential pass the waits of its address for thirty days.
   */
  reportAuthentication(report: { readonly address: string; readonly credential: string; readonly isValid: boolean }): void;
}

export type AuthenticationStart =
  | DecidedStart
  /** As many are being verified as may fail. Whoever waits for its turn is told one of the others. */
  | { readonly outcome: 'queued'; readonly turn: Promise<DecidedStart> };

export type DecidedStart =
  | { readonly outcome: 'verify'; finish(isValid: boolean | undefined): void }
  /** Verified a moment ago and wrong: answer the same 401 without looking. It has been counted. */
  | { readonly outcome: 'known-invalid' }
  /** A 429. */
  | { readonly outcome: 'refused'; readonly refusal: GuardRefusal }
  /** A 503: nobody failed, but too many wait. */
  | { readonly outcome: 'busy'; readonly retryAfterMs: number };

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
