import type { Clock, Random, Route } from '@openkupe/contract';
import { clientAddress, type ForwardingHeader } from '../http/client-address/client-address.ts';
import type { TrustedProxySet } from '../http/client-address/trusted-proxies.ts';
import type { Call } from './handler.ts';

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

/** What {@link beginExchange} needs. */
export interface ExchangeDependencies {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly random: Random;
  /** Proxies whose forwarding header is believed, as CIDR blocks. */
  readonly trustedProxies: TrustedProxySet;
  readonly forwardingHeader: ForwardingHeader;
}

const SANE_REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{7,63}$/;
const REQUEST_ID_BYTES = 10;

/** A request id of our own: `req-` and 20 hexadecimal digits. */
export function newRequestId(random: Random): string {
  return `req-${Buffer.from(random.bytes(REQUEST_ID_BYTES)).toString('hex')}`;
}

/** Stage 1. The request id is the request's own, if it brought a sane one; forwarding headers of trusted proxies alone are believed. */
export function beginExchange(request: IncomingRequest, deps: ExchangeDependencies): Exchange {
  const { socketAddress, headers } = request;
  const { trustedProxies, forwardingHeader } = deps;
  const sent = headers['x-request-id'];
  return {
    request,
    requestId: sent && SANE_REQUEST_ID.test(sent) ? sent : newRequestId(deps.random),
    clientAddress: clientAddress({ socketAddress, headers, trustedProxies, forwardingHeader }),
    credential: /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1],
    receivedMs: deps.clock.monotonic(),
    headers: {},
    executed: 'no',
  };
}
