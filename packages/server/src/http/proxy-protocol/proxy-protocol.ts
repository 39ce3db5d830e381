import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '@openkupe/contract';
import type { Log } from '../../log/log.ts';
import type { TrustedProxySet } from '../client-address/trusted-proxies.ts';
import { readProxyHeader } from './proxy-header.ts';

/** What {@link expectProxyHeaders} needs. */
export interface ProxyHeaderPorts {
  readonly trustedProxies: TrustedProxySet;
  readonly clock: Clock;
  readonly log: Log;
}

/** The whole header has to arrive within this time. */
export const PROXY_HEADER_MS = 3_000;
/** A proxy that is set up wrongly would fill the log. */
const LINE_EVERY_MS = 60_000;

const withoutClient = new WeakSet<Socket>();

/** Whether a proxy opened this connection and named no client: its own health check, or a client it knows nothing about. */
export const isWithoutClient = (socket: Socket) => withoutClient.has(socket);

/** Gives a connection that runs inside another one, as TLS inside TCP, the client that the PROXY header of the outer one named, or that it named none. */
export function inheritClient(inner: Socket, outer: Socket): void {
  if (withoutClient.has(outer)) withoutClient.add(inner);
  if (Object.hasOwn(outer, 'remoteAddress')) Object.defineProperty(inner, 'remoteAddress', { value: outer.remoteAddress });
}

/** Waits for the header. Calls back with the client's address and the bytes behind the header, or destroys the socket. */
function awaitHeader(socket: Socket, clock: Clock, events: { read(address?: string): void; gaveUp(): void }): void {
  let arrived: Buffer = Buffer.alloc(0);
  const arrival = new AbortController();
  const stopListening = () => {
    arrival.abort();
    socket.off('data', onData).off('end', onEnd).off('error', onEnd).off('close', stopListening);
  };
  const giveUp = () => {
    stopListening();
    socket.on('error', () => {}).destroy();
    events.gaveUp();
  };
  // NOTE: a proxy that only checks whether the port is open closes the connection like this, without a byte.
  const onEnd = () => (arrived.length > 0 ? giveUp() : socket.destroy());
  const onData = (chunk: Buffer) => {
    arrived = Buffer.concat([arrived, chunk]);
    const header = readProxyHeader(arrived);
    if (header.outcome === 'incomplete') return;
    if (header.outcome === 'invalid') return giveUp();
    stopListening();
    socket.pause();
    if (arrived.length > header.length) socket.unshift(arrived.subarray(header.length));
    events.read(header.address);
    // NOTE: the HTTP parser listens; TLS takes the bytes behind the header out of the buffer, which must not flow to nothing before.
    if (socket.listenerCount('data') > 0) socket.resume();
  };
  clock.sleep(PROXY_HEADER_MS, arrival.signal).then(giveUp, () => {});
  socket.on('data', onData).on('end', onEnd).on('error', onEnd).on('close', stopListening);
}

/**
 * Takes the PROXY header off every connection from a trusted proxy before the HTTP parser sees a byte, and gives the socket the client's
 * address. There the header is required: a connection without it is closed, because its client is not known. Connections from
 * other peers go to the parser as they are, for which a PROXY line is a bad request.
 *
 * NOTE: it stands in the place of the server's own listener instead of before the server, so that listening, counting, timeouts and
 * closing stay those of the one server.
 */
export function expectProxyHeaders(server: Server, { trustedProxies, clock, log }: ProxyHeaderPorts): void {
  const serve = server.listeners('connection') as ((socket: Socket) => void)[];
  const waiting = new Set<Socket>();
  let lineWrittenMs = Number.NEGATIVE_INFINITY;
  let unwritten = 0;
  const handOn = (socket: Socket) => {
    for (const listener of serve) listener.call(server, socket);
  };
  const complain = (address: string | undefined) => {
    unwritten += 1;
    if (clock.monotonic() - lineWrittenMs < LINE_EVERY_MS) return;
    lineWrittenMs = clock.monotonic();
    const fields = { address, connections: unwritten };
    unwritten = 0;
    log.warn(fields, 'a trusted proxy sent no PROXY header and was cut off; let it send one, or turn OPENKUPE_PROXY_PROTOCOL off');
  };

  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const proxy = socket.remoteAddress;
    if (!trustedProxies.includes(proxy ?? '')) return handOn(socket);
    waiting.add(socket);
    socket.once('close', () => waiting.delete(socket));
    awaitHeader(socket, clock, {
      read(address) {
        waiting.delete(socket);
        if (address === undefined) withoutClient.add(socket);
        else Object.defineProperty(socket, 'remoteAddress', { value: address, configurable: true });
        handOn(socket);
      },
      gaveUp: () => complain(proxy),
    });
  });
  closeWith(server, waiting);
}

/** Sockets that the HTTP side has not seen yet are idle for it: they do not keep the server from closing. */
function closeWith(server: Server, waiting: ReadonlySet<Socket>): void {
  for (const name of ['closeIdleConnections', 'closeAllConnections'] as const) {
    const close = server[name].bind(server);
    server[name] = () => {
      for (const socket of waiting) socket.destroy();
      close();
    };
  }
}
