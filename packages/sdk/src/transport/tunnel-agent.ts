import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import type { HttpProxy } from './proxy.ts';
import { proxyRefused, unreachable } from './unreachable.ts';

/** What the transport adds to the options of a request for the agent: ends a tunnel that is being opened. */
export interface TunnelOptions {
  readonly tunnelSignal?: AbortSignal | undefined;
}

interface Tunnel {
  readonly proxy: HttpProxy;
  /** Host and port of the server, as CONNECT names it. */
  readonly authority: string;
  readonly ca?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Asks a proxy for a tunnel and returns its socket. Throws a NoAnswer, always one that says that nothing was sent to the server. */
function openTunnel({ proxy, authority, ca, signal }: Tunnel): Promise<Duplex> {
  const { isSecure, hostname, port, headers, origin } = proxy;
  return new Promise<Duplex>((resolve, reject) => {
    const target = { method: 'CONNECT', hostname, port, path: authority, headers: { host: authority, ...headers }, agent: false } as const;
    const asking = isSecure ? https.request({ ...target, ca }) : http.request(target);
    const abort = () => void asking.destroy();
    signal?.addEventListener('abort', abort);
    asking.on('close', () => signal?.removeEventListener('abort', abort));
    asking.on('error', (error: NodeJS.ErrnoException) =>
      reject(unreachable(`proxy at ${origin}`, signal?.aborted ? 'aborted' : (error.code ?? error.name), error)),
    );
    asking.on('connect', ({ statusCode = 0 }, socket) => {
      signal?.removeEventListener('abort', abort);
      if (statusCode >= 200 && statusCode < 300) return resolve(socket);
      socket.destroy();
      reject(proxyRefused(origin, statusCode));
    });
    asking.end();
  });
}

/** Makes the connections of https requests through a proxy by CONNECT (RFC 9110 §9.3.6), and keeps them as any agent does. */
export class TunnelAgent extends https.Agent {
  readonly #proxy: HttpProxy;

  constructor(proxy: HttpProxy, options: https.AgentOptions & { ca?: string }) {
    super(options);
    this.#proxy = proxy;
  }

  override createConnection(
    { tunnelSignal: signal, ...options }: https.RequestOptions & TunnelOptions,
    done: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const { host, port } = options;
    const authority = `${host?.includes(':') ? `[${host}]` : host}:${port}`;
    const { ca } = this.options as { ca?: string };
    openTunnel({ proxy: this.#proxy, authority, ca, signal }).then(
      // NOTE: handed over before the handshake has ended, so that its errors are those of the request.
      (socket) => done(null, super.createConnection({ ...options, socket } as https.RequestOptions) as Duplex),
      (error: Error) => done(error, undefined as never),
    );
  }
}
