import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import type { IssuedCertificate } from '../x509/certificates.ts';

/** A port on which HTTPS is spoken from its first connection on. */
export interface TlsListener {
  readonly port: number;
  readonly isListening: boolean;
  /** When the presented certificate ends, epoch milliseconds; infinite before the first connection, for which it is issued. */
  readonly certificateEndsAt: number;
  /** Presents another certificate to every connection from now on. */
  renew(certificate: IssuedCertificate): Promise<void>;
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
}

const BOUNDS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  handshakeTimeout: 5_000,
  connectionsCheckingInterval: 5_000,
} as const;
const PROTOCOL = { minVersion: 'TLSv1.2' } as const;
const MAX_CONNECTIONS = 64;
/** The address of every endpoint: loopback. */
export const HOST = '127.0.0.1';

/** Listens on `port`, or on a free port when that is taken or 0. */
async function listen(listener: TcpServer, port: number): Promise<void> {
  listener.listen({ host: HOST, port });
  try {
    await once(listener, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (port === 0 || (code !== 'EADDRINUSE' && code !== 'EACCES')) throw error;
    await listen(listener, 0);
  }
}

/** A port that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  const listener = createTcpServer();
  await listen(listener, 0);
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return port;
}

/** Makes an HTTPS server that takes over the socket of `listener`, whose connections `early` count against the bound until they end. */
async function takeOver(listener: TcpServer, early: ReadonlySet<Socket>, { certificatePem: cert, privateKeyPem: key }: IssuedCertificate) {
  const server = createServer({ ...BOUNDS, ...PROTOCOL, cert, key });
  // A connection that could not be accepted (out of file descriptors, say) is lost to its client; the endpoint goes on.
  server.on('error', () => {});
  server.listen(listener);
  server.maxConnections = MAX_CONNECTIONS - early.size;
  for (const socket of early) {
    socket.once('close', () => {
      server.maxConnections += 1;
    });
  }
  await once(server, 'listening');
  return server;
}

/**
 * Listens with a plain socket, which takes 7 KiB, until the first connection. That has the certificate issued and an HTTPS server made, about
 * 100 KiB, which takes over the socket; so many clusters that are not in use cost little.
 */
export async function openTlsListener(options: {
  readonly port: number;
  readonly certificate: () => IssuedCertificate;
  readonly onRequest: RequestListener;
}): Promise<TlsListener> {
  const listener = createTcpServer({ pauseOnConnect: true });
  listener.maxConnections = MAX_CONNECTIONS;
  const early = new Set<Socket>();
  let isListening = true;
  let certificateEndsAt = Number.POSITIVE_INFINITY;
  let serving: Promise<Server> | undefined;

  async function serve(): Promise<Server> {
    const certificate = options.certificate();
    certificateEndsAt = certificate.endsAt;
    return (await takeOver(listener, early, certificate)).on('request', options.onRequest);
  }
  listener.on('connection', (socket) => {
    early.add(socket);
    socket.on('error', () => {}).once('close', () => early.delete(socket));
    serving ??= serve();
    serving.then(
      (server) => server.emit('connection', socket),
      () => {
        serving = undefined;
        socket.destroy();
      },
    );
  });
  await listen(listener, options.port);
  listener.on('error', () => {});

  return {
    port: (listener.address() as AddressInfo).port,
    get isListening() {
      return isListening;
    },
    get certificateEndsAt() {
      return certificateEndsAt;
    },
    async renew({ certificatePem: cert, privateKeyPem: key, endsAt }) {
      const server = await serving;
      certificateEndsAt = endsAt;
      server?.setSecureContext({ ...PROTOCOL, cert, key });
    },
    async close() {
      isListening = false;
      const server = await serving?.catch(() => undefined);
      const closed = once(server ?? listener, 'close');
      (server ?? listener).close();
      server?.closeAllConnections();
      await closed;
    },
  };
}
