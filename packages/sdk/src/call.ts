import type { Method } from '@openkupe/contract/routes/route';
import type { AttemptRecord } from './retry/attempt-record.ts';
import type { ResponseHeaders } from './transport/transport.ts';

/** What every method takes last. */
export interface CallOptions {
  /** Ends the method at once, in whatever it is doing; the signal's own reason is thrown. */
  readonly signal?: AbortSignal;
  /** The deadline of the whole method in milliseconds, waits included; the policy's `deadlineMs` when absent. */
  readonly timeoutMs?: number;
  /** Makes a POST or PATCH repeatable where the server supports keys. A POST gets a generated one when this is absent. */
  readonly idempotencyKey?: string;
}

/** What every write but `update` takes last. */
export interface ChangeOptions extends CallOptions {
  /**
   * Only find out what would be answered: nothing is written, and no idempotency key used up. The value has nothing in place of what only a
   * write gives, such as a version; a cluster has its `price`. It is not looked for after a lost answer.
   */
  readonly validateOnly?: boolean;
}

/** What a write of a resource that has a version takes last. */
export interface WriteOptions extends ChangeOptions {
  /** Write only if the resource still has this ETag (RFC 9110 §13.1.1). */
  readonly ifMatch?: string;
}

/** One request to be carried out, in as many attempts as the policy allows: what is asked, and the facts that retrying depends on. */
export interface ApiCall {
  /** The id of the route in the contract, e.g. `clusters.get`. */
  readonly route: string;
  readonly method: Method;
  /** Below the host, encoded, e.g. `/api/v1/tenants/acme/clusters/production`. */
  readonly path: string;
  /** What follows the path, with its `?`; empty or absent: nothing. */
  readonly query?: string;
  readonly body?: unknown;
  readonly ifMatch?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  /** No credential is sent: the route is public. */
  readonly isPublic?: boolean;
  /** Sent when no other call of the client waits for the limit, as polling is. */
  readonly isBackground?: boolean;
  /** Never repeated: an optional read that must not add to the load of a failing server. */
  readonly isSentOnce?: boolean;
}

/** A call that ended in 2xx. */
export interface Success {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** The parsed body, `undefined` when there is none. */
  readonly body: unknown;
  readonly attempts: readonly AttemptRecord[];
  readonly requestId: string | undefined;
}

/** What a resource method returns: the value and how it was obtained. */
export interface Result<T> {
  readonly value: T;
  /** The version of `value`, to be given back as `ifMatch`. */
  readonly etag?: string;
  readonly requestId?: string;
  /** One record for each request that was sent, in order. */
  readonly attempts: readonly AttemptRecord[];
  /** The answer to a write got lost, and reading showed that the change had happened. */
  readonly recovered?: Recovery;
}

/** What a read showed after the answer to a write got lost. */
export type Recovery = 'already-applied' | 'already-created' | 'already-deleted';
