/** The `details` of a Status (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/). */
export interface StatusDetails {
  readonly name?: string;
  readonly kind?: string;
  readonly retryAfterSeconds?: number;
  readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[];
}

/** An API server answered with an error. `code` is the HTTP status, `reason` the machine-readable one, such as `NotFound`, `Conflict`, `Expired`. */
export class KubernetesError extends Error {
  override readonly name = 'KubernetesError';
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails;
  /** The `Retry-After` of the answer in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(status: { code: number; reason: string; message: string; details?: StatusDetails }, retryAfterMs?: number) {
    super(status.message);
    this.code = status.code;
    this.reason = status.reason;
    this.details = status.details ?? {};
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * No usable answer came. `outcome` says what is known: `unreachable`: nothing was sent; `cannot-connect`: nothing was sent, and another attempt
 * ends alike (a certificate that is not trusted); `no-answer`: the request may have been executed; `unreadable`: too long, or no JSON.
 */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly outcome: 'unreachable' | 'cannot-connect' | 'no-answer' | 'unreadable';

  constructor(outcome: ConnectionError['outcome'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.outcome = outcome;
  }
}

/** Whether an error is the answer of an API server with this reason or code. */
export function isStatus(error: unknown, ...reasons: readonly (string | number)[]): error is KubernetesError {
  return error instanceof KubernetesError && (reasons.includes(error.reason) || reasons.includes(error.code));
}

/** Of a message, in UTF-16 code units: `/readyz` lists some forty checks, and a webhook that a tenant has set up may say anything. */
const MOST_TEXT = 4_000;

/** Reads a Status from the body of an answer; an answer that is none (of a proxy, or plain text) becomes one of its code. */
export function statusOf(code: number, body: string): ConstructorParameters<typeof KubernetesError>[0] {
  try {
    const parsed = JSON.parse(body) as { kind?: unknown; reason?: unknown; message?: unknown; details?: StatusDetails } | null;
    if (parsed?.kind === 'Status') {
      const { reason, message, details } = parsed;
      return {
        code,
        reason: String(reason ?? ''),
        message: String(message ?? `status ${code}`).slice(0, MOST_TEXT),
        ...(details ? { details } : {}),
      };
    }
  } catch {
    // NOTE: not JSON: the text itself is the message, shortened.
  }
  return { code, reason: '', message: body.trim().slice(0, MOST_TEXT) || `status ${code} without a message` };
}
