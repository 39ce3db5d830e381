import { type AuditedField, type ErrorStatus, formatRetryAfter, statusRow } from '@openkupe/contract';

/** What is wrong with one field of the body. */
export interface FieldError {
  /** One clause for a person. */
  readonly detail: string;
  /** The field, as a JSON Pointer in a URI fragment (RFC 6901 §6): `#/resources/cpu`. */
  readonly pointer: string;
}

/** A change that came between a caller's read and its write, by the audit. */
export interface MissedChange {
  /** RFC 3339. */
  readonly at: string;
  readonly actor: string;
  /** The id of its route. */
  readonly action: string;
  readonly target: string;
  readonly requestId: string;
  /** The fields that it moved. */
  readonly fields: readonly AuditedField[];
}

interface RefusalOptions {
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly current?: unknown;
  readonly errors?: readonly FieldError[];
  readonly changes?: readonly MissedChange[];
  readonly isSlotReserved?: boolean;
  readonly isRunning?: boolean;
}

/**
 * One of the errors of the status table, on its way to the caller. The only exception that is not a defect: stages and handlers throw
 * it, `errors/to-error-reply.ts` turns it into bytes.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: ErrorStatus;
  /** The stable word for programs, sent as `Error-Code`. */
  readonly code: string;
  /** Headers this refusal needs, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** What a GET would answer now, for a fuller body; its tag is in the headers. */
  readonly current: unknown;
  /** On a 400, for a fuller body: what is wrong, field by field. */
  readonly errors: readonly FieldError[];
  /** On a 412, for a fuller body: what changed since the caller's tag, newest first. */
  readonly changes: readonly MissedChange[];
  /** On a 429: no other request is promised the moment that `Retry-After` names. */
  readonly isSlotReserved: boolean;
  /** On a 409: an earlier request with the same idempotency key runs, so that waiting helps, and what comes of it is not known. */
  readonly isRunning: boolean;

  constructor(status: ErrorStatus, message: string, options: RefusalOptions = {}) {
    // It is no defect, so its stack is never read, and taking one would be a sixth of what a refused request costs.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
    this.status = status;
    this.code = options.code ?? statusRow(status).name;
    this.headers = options.headers ?? {};
    this.current = options.current;
    this.errors = options.errors ?? [];
    this.changes = options.changes ?? [];
    this.isSlotReserved = options.isSlotReserved ?? false;
    this.isRunning = options.isRunning ?? false;
  }
}

/** 400: which field, what was given, what is allowed. */
export const invalidRequest = (message: string, code?: string) => new Refusal(400, message, code ? { code } : {});

/** 400: what is wrong with the field of the body that `path` names, such as `resources/cpu`. */
export const invalidField = (path: string, message: string, code?: string) =>
  new Refusal(400, message, { errors: [{ detail: message, pointer: `#/${path}` }], ...(code ? { code } : {}) });

/** 401: that the credential is missing, malformed or not valid; never whether a key exists. */
export const unauthenticated = (message: string, code?: string) =>
  new Refusal(401, message, { headers: { 'www-authenticate': 'Bearer realm="kupe"' }, ...(code ? { code } : {}) });

/** 403: what is needed; the same for a foreign tenant and for one that does not exist. */
export const forbidden = (message: string) => new Refusal(403, message);

/** 404: what was looked for, and where. */
export const notFound = (what: string, name: string, tenant?: string) =>
  new Refusal(
    404,
    `${what} "${name}" not found${tenant ? ` in tenant "${tenant}"` : ''}; check the name, or wait if it was created just now`,
  );

/** 409: the name that is taken, or the state that stands in the way. */
export const conflict = (message: string, code?: string) => new Refusal(409, message, code ? { code } : {});

/** 412: which resource changed; nothing was written. The current tag saves the caller a read. */
export const preconditionFailed = (what: string, currentETag: string) =>
  new Refusal(412, `${what} changed after it was read, so nothing was written; read it again, re-apply the change and retry`, {
    headers: { etag: currentETag },
  });

/** 503: what is not ready and its present phase; `waitMs` is when to ask again. */
export const unavailable = (message: string, waitMs: number, code?: string) =>
  new Refusal(503, message, { headers: { 'retry-after': formatRetryAfter(waitMs) }, ...(code ? { code } : {}) });
