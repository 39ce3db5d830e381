import { isIP } from 'node:net';
import { forwardedFor } from './forwarded-for.ts';

/** What is known of a request whose client is looked for. */
export interface ClientAddressRequest {
  /** The peer of the socket. */
  readonly socketAddress: string;
  /** Lower-case names; a repeated header joined by commas. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly trustedProxies: { includes(address: string): boolean };
  /** The header that the trusted proxies write; the other one may come from the client and is ignored. */
  readonly forwardingHeader: ForwardingHeader;
}

/** Headers in which proxies name the client: the usual one, and that of RFC 7239. */
export const FORWARDING_HEADERS = ['x-forwarded-for', 'forwarded'] as const;
/** The one that an installation's proxies write. */
export type ForwardingHeader = (typeof FORWARDING_HEADERS)[number];

/** A chain longer than this is not read further: no real one is, and a forged one costs nothing. */
const LONGEST_CHAIN = 32;

/** An address as proxies write it: with a port, in brackets, or bare. `undefined` for `unknown`, `_hidden` and garbage. */
function bareAddress(text: string): string | undefined {
  const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)?.[1];
  const plain = bracketed ?? (/^[\d.]+:\d{1,5}$/.test(text) ? text.slice(0, text.indexOf(':')) : text);
  return isIP(plain) === 0 ? undefined : plain;
}

/**
 * The address of the client, for "the API enforces rate limits per IP address". Forwarding headers are believed only as far as trusted
 * proxies wrote them: they are read from the right, and the first address that is not a trusted proxy is the client. An unreadable
 * entry ends the walk at the proxy that reported it.
 */
export function clientAddress(request: ClientAddressRequest): string {
  const { socketAddress, headers, trustedProxies, forwardingHeader } = request;
  if (!trustedProxies.includes(socketAddress)) return socketAddress;
  const written = headers[forwardingHeader];
  if (written === undefined) return socketAddress;
  const chain = forwardingHeader === 'forwarded' ? forwardedFor(written) : written.split(',');
  let client = socketAddress;
  const stop = Math.max(0, chain.length - LONGEST_CHAIN);
  for (let at = chain.length - 1; at >= stop; at -= 1) {
    const address = bareAddress((chain[at] ?? '').trim());
    if (address === undefined) return client;
    client = address;
    if (!trustedProxies.includes(address)) return client;
  }
  return client;
}
