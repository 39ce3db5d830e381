import type { Server } from 'node:http';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureVersion, TLSSocket } from 'node:tls';
import { LIMITS } from '@openkupe/contract';
import { inheritClient } from './proxy-protocol/proxy-protocol.ts';

/** A certificate with those of its authorities behind it, and its private key, both as PEM. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  /** When the certificate ends, epoch milliseconds. */
  readonly endsAtMs: number;
}

/** Versions before 1.2 are deprecated (RFC 8996). */
const LEAST_VERSION: SecureVersion = 'TLSv1.2';

/** What is known of a server's connections below TLS. */
export interface Tls {
  readonly server: Server;
  /** The secure connection on a TCP connection, whose requests are known by it; the connection itself before its handshake is over. */
  secureOf(socket: Socket): Socket;
}

type TlsOptions = Parameters<typeof createServer>[0];

/**
 * An HTTPS server. A handshake has as long as the head of a request; until it is over its connection is idle, counts in the limits, and does
 * not keep the server from closing. What is not TLS is closed without an answer.
 */
export function createTlsServer(material: TlsMaterial, options: TlsOptions, handle: Parameters<typeof createServer>[1]): Tls {
  const handshakeTimeout = LIMITS.headersTimeoutMs;
  const server = createServer(
    { ...options, ...material, minVersion: LEAST_VERSION, ALPNProtocols: ['http/1.1'], handshakeTimeout },
    handle,
  );
  const secure = new WeakMap<Socket, TLSSocket>();
  const handshaking = new Set<Socket>();
  server.removeAllListeners('tlsClientError');
  server.on('tlsClientError', (_error, socket: TLSSocket) => void socket.destroy());
  server.prependListener('connection', (socket: Socket) => {
    handshaking.add(socket);
    socket.once('close', () => handshaking.delete(socket));
  });
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    // NOTE: not documented; without it the connection would seem idle while requests run on it (tls.test.ts).
    const { _parent: below } = socket as TLSSocket & { readonly _parent?: Socket };
    if (!below) return;
    handshaking.delete(below);
    secure.set(below, socket);
    inheritClient(socket, below);
  });
  for (const name of ['closeIdleConnections', 'closeAllConnections'] as const) {
    const close = server[name].bind(server);
    server[name] = () => {
      for (const socket of handshaking) socket.destroy();
      close();
    };
  }
  return { server, secureOf: (socket) => secure.get(socket) ?? socket };
}

/** Uses another certificate for new connections; those that are open keep theirs. */
export function renewCertificate(server: Server, { cert, key }: TlsMaterial): void {
  if ('setSecureContext' in server && typeof server.setSecureContext === 'function')
    server.setSecureContext({ cert, key, minVersion: LEAST_VERSION });
}
