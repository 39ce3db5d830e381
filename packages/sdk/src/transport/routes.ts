import { X509Certificate } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { type HttpProxy, readProxy } from './proxy.ts';
import type { TransportRequest } from './transport.ts';
import type { TransportOptions } from './transport-options.ts';
import { TunnelAgent, type TunnelOptions } from './tunnel-agent.ts';

/** The way to one kind of address, http or https: whom a connection is made to, and the connections. */
export interface Route {
  readonly kept: http.Agent;
  readonly fresh: http.Agent;
  /** The connection itself is TLS. */
  readonly isSecure: boolean;
  readonly proxy: HttpProxy | undefined;
  /** The proxy passes bytes on and the agents ask it to; without a tunnel the proxy itself is asked for what is at the address. */
  readonly isTunnelled: boolean;
}

const KEPT = { keepAlive: true, maxFreeSockets: 64, scheduling: 'lifo' } as const;
const FRESH = { keepAlive: false } as const;

type TlsOptions = https.AgentOptions & { ca?: string };

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Throws a TypeError for what is no certificate: OpenSSL passes over it in silence, and then trusts nothing. */
function checkAuthorities(ca: string): void {
  try {
    const found = ca.match(CERTIFICATE) ?? [];
    if (found.length === 0) throw new Error('there is no certificate in it');
    for (const pem of found) new X509Certificate(pem);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`The CA cannot be read (${why}); give PEM text with a line -----BEGIN CERTIFICATE-----`, { cause });
  }
}

/** The ways to http and to https addresses. Throws a TypeError for a proxy or a CA that makes no sense. */
export function createRoutes({ proxy: address, ca }: TransportOptions): Readonly<Record<'http' | 'https', Route>> {
  if (ca !== undefined) checkAuthorities(ca);
  const proxy = address === undefined ? undefined : readProxy(address);
  const trusted = ca === undefined ? {} : { ca };
  const [keptTls, freshTls] = [KEPT, FRESH].map((options) => ({ ...options, ...trusted })) as [TlsOptions, TlsOptions];
  const direct = (isSecure: boolean): Route => ({
    isSecure,
    kept: isSecure ? new https.Agent(keptTls) : new http.Agent(KEPT),
    fresh: isSecure ? new https.Agent(freshTls) : new http.Agent(FRESH),
    proxy,
    isTunnelled: false,
  });
  if (!proxy) return { http: direct(false), https: direct(true) };
  const agents = { kept: new TunnelAgent(proxy, keptTls), fresh: new TunnelAgent(proxy, freshTls) };
  return { http: direct(proxy.isSecure), https: { ...agents, isSecure: true, proxy, isTunnelled: true } };
}

/** The options of Node's client for a request over `route` that depend on the way alone: host, port, path, and headers for a proxy. */
export function addressing({ url, signal }: TransportRequest, { proxy, isTunnelled }: Route): http.RequestOptions & TunnelOptions {
  const address = new URL(url);
  if (proxy && !isTunnelled)
    return { hostname: proxy.hostname, port: proxy.port, path: url, headers: { host: address.host, ...proxy.headers } };
  const { hostname, port, path } = urlToHttpOptions(address);
  return { hostname, port, path, headers: {}, ...(isTunnelled ? { tunnelSignal: signal } : {}) };
}
