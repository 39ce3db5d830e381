import type { Method } from '@openkupe/contract/routes/route';
import type { AttemptRecord } from './retry/trace.ts';
import type { ResponseHeaders } from './transport/transport.ts';

/** What every method takes last. */
export interface CallOptions {
  /** Ends the call at once, in whatever it is doing; the signal's own reason is thrown. */
  readonly signal?: AbortSignal;
  /** The deadline of the whole call in milliseconds, waits included; the policy's `deadlineMs` when absent. */
  readonly timeoutMs?: number;
  /** Makes a POST or PATCH repeatable where the server supports keys. A POST has one of its own when this is absent. */
  readonly idempotencyKey?: string;
}

/** What a write of a resource that has a version takes. */
export interface GuardOptions extends CallOptions {
  /** Write only if the resource still has this ETag. */
  readonly ifMatch?: string;
}

/** One intention to be carried out over HTTP: what is asked, and the facts that retrying depends on. */
export interface ApiCall {
  /** The id of the route in the contract, e.g. `clusters.get`. */
  readonly route: string;
  readonly method: Method;
  /** Below the host, encoded, e.g. `/api/v1/tenants/acme/clusters/production`. */
  readonly path: string;
  readonly body?: unknown;
  readonly ifMatch?: string;
  /** No credential is sent: the route is public. */
  readonly isPublic?: boolean;
  /** Yields to every other call of the client, as polling does. */
  readonly isBackground?: boolean;
  readonly options: CallOptions;
}

/** A call that ended in 2xx. */
export interface Exchange {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** The parsed body, `undefined` when there is none. */
  readonly body: unknown;
  readonly attempts: readonly AttemptRecord[];
  readonly requestId?: string;
}

/** What a resource method returns: the value and how it was come by. */
export interface Answer<T> {
  readonly value: T;
  /** The version of `value`, to be given back as `ifMatch`. */
  readonly etag?: string;
  readonly requestId?: string;
  /** One record for each time that something was sent. */
  readonly attempts: readonly AttemptRecord[];
  /** An answer got lost, and reading showed that the change had happened. */
  readonly recovered?: Recovery;
}

export type Recovery = 'already-applied' | 'already-created' | 'already-deleted';
