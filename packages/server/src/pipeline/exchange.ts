import type { Route } from '@openkupe/contract';
import type { Call } from './handler.ts';

/** A request as it came off the wire, whatever the HTTP library. */
export interface IncomingRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  /** Lower-case names; repeated headers joined as HTTP allows. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Its own, if it brought a sane one. */
  readonly requestId: string;
  /** The client's, as far as trusted proxies name it; otherwise the peer's. */
  readonly clientAddress: string;
  /** The peer of the socket. */
  readonly socketAddress: string;
  /** What the router found; absent when the path or the method is in no row of the table. */
  readonly match?: undefined | { readonly route: Route; readonly params: Readonly<Record<string, string>> };
  /** What is wrong with it as an HTTP message, for a person; absent when nothing is. */
  readonly malformed?: string | undefined;
  /** The methods that exist on its path, where that is none of the table's, such as a health check. */
  readonly methods?: readonly string[] | undefined;
  /** Whether the connection it came on is lost, so that no answer can reach the client. */
  isGone?(): boolean;
  /** The body's bytes, not yet read. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** One request with what becomes of it: made at its start, filled by the stages, read by the reply, the error and the log line. */
export interface Exchange {
  readonly request: IncomingRequest;
  readonly requestId: string;
  readonly clientAddress: string;
  /** The bearer token, if one was sent. */
  readonly credential: string | undefined;
  /** Monotonic milliseconds. */
  readonly receivedMs: number;
  /** Headers that go out with whatever answer follows. */
  readonly headers: Record<string, string>;
  /** Whether the request has changed anything: `no` until the commit begins, `unknown` while it runs, `yes` after it. */
  executed: 'no' | 'unknown' | 'yes';
  route?: Route;
  actor?: string;
  /** Known once the request is valid. */
  call?: Call;
}
