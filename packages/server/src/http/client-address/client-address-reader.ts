import type { Clock } from '@openkupe/contract';
import type { Log } from '../../log/log.ts';
import { clientAddress, FORWARDING_HEADERS, type ForwardingHeader } from './client-address.ts';
import type { TrustedProxySet } from './trusted-proxies.ts';

/**
 * Requests by what they said about the client: from a trusted proxy with its header, from one without it, or from any other peer with one, which is not
 * believed. For the operator who sets proxies up.
 */
export interface ForwardingCount {
  trusted: number;
  missing: number;
  untrusted: number;
}

/** What {@link createClientAddressReader} needs. */
export interface ClientAddressDependencies {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Pick<Log, 'warn'>;
  /** Proxies whose forwarding header is believed, as CIDR blocks. */
  readonly trustedProxies: TrustedProxySet;
  readonly forwardingHeader: ForwardingHeader;
  readonly forwarding?: ForwardingCount;
}

/** The address of the client of a request, from the peer of its socket and its headers. */
export type ClientAddressReader = (peer: string, headers: Readonly<Record<string, string | undefined>>) => string;

const WARN_EVERY_MS = 60_000;

/**
 * Makes a {@link ClientAddressReader}, which also warns, at most once a minute, of a peer that is no trusted proxy and sends a forwarding
 * header: where it is a proxy, it is missing from the list, and all its clients share one limit.
 */
export function createClientAddressReader(deps: ClientAddressDependencies): ClientAddressReader {
  const { clock, log, trustedProxies, forwardingHeader, forwarding = { trusted: 0, missing: 0, untrusted: 0 } } = deps;
  let warnedMs = Number.NEGATIVE_INFINITY;

  const warn = (address: string, header: string) => {
    if (clock.monotonic() - warnedMs < WARN_EVERY_MS) return;
    warnedMs = clock.monotonic();
    log.warn(
      { address, header },
      'a peer that is no trusted proxy sends a forwarding header; if it is a proxy, set OPENKUPE_TRUSTED_PROXIES',
    );
  };

  return (peer, headers) => {
    if (!trustedProxies.isEmpty && trustedProxies.includes(peer)) {
      forwarding[headers[forwardingHeader] === undefined ? 'missing' : 'trusted'] += 1;
      return clientAddress({ socketAddress: peer, headers, trustedProxies, forwardingHeader });
    }
    const header = FORWARDING_HEADERS.find((name) => headers[name] !== undefined);
    if (header === undefined) return peer;
    forwarding.untrusted += 1;
    warn(peer, header);
    return peer;
  };
}
