import type { Route } from '@openkupe/contract';

/** A request as it came off the wire, whatever the HTTP library. */
export interface IncomingRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  /** Lower-case names; repeated headers joined as HTTP allows. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The peer of the socket. */
  readonly socketAddress: string;
  /** What the router found; absent when the path or the method is in no row of the table. */
  readonly match?: { readonly route: Route; readonly params: Readonly<Record<string, string>> };
  /** What is wrong with it as an HTTP message, for a person; absent when nothing is. */
  readonly malformed?: string;
  /** The methods that exist on its path, where that is none of the table's, such as a health check. */
  readonly methods?: readonly string[];
  /** Whether the connection it came on is lost, so that no answer can reach the client. */
  readonly isGone?: () => boolean;
  /** The body's bytes, not yet read. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** A request with its identity: what stage 1 knows, and what every later stage and every log line needs. */
export interface Exchange {
  readonly request: IncomingRequest;
  readonly requestId: string;
  readonly clientAddress: string;
  /** The bearer token, if one was sent. */
  readonly credential: string | undefined;
  readonly receivedAt: number;
  readonly progress: Progress;
}

/** What is known about the exchange so far; `to-error-reply` needs it when a later stage throws. */
export interface Progress {
  /** Headers that go out with whatever answer follows. */
  headers: Record<string, string>;
  /** Whether the request has changed anything: `no` until the commit begins, `unknown` while it runs, `yes` after it. */
  executed: 'no' | 'unknown' | 'yes';
  /** For the log. */
  actor?: string;
  routeId?: string;
  /** Present on a look at the limits: to be called with whether it was answered, or has to be paid after all. */
  finishLook?: (isAnswered: boolean) => void;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The body of a long list, in place of `body`. */
  readonly bytes?: Uint8Array;
}
