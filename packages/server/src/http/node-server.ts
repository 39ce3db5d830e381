import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { LIMITS } from '@openkupe/contract';
import { limitChunks } from './chunk-limit.ts';
import { type ConnectionDependencies, type ConnectionLimits, limitConnections } from './connection-limits.ts';
import { awaitContinue } from './incoming-request.ts';
import { answerOnSocket, beginsHead, connectReply, parserErrorReply, refusalOf } from './parser-error.ts';
import { expectProxyHeaders, type ProxyHeaderPorts } from './proxy-protocol/proxy-protocol.ts';
import { createRoundRobin } from './round-robin.ts';
import { createTlsServer, type TlsMaterial } from './tls.ts';

/** How {@link createNodeServer} takes connections. */
export interface Accepting {
  /** Connections from trusted proxies begin with a header of the PROXY protocol. */
  readonly expectsProxyHeader: boolean;
  readonly connections: ConnectionLimits;
  /** HTTPS with this certificate; `undefined` for HTTP. */
  readonly tls?: TlsMaterial | undefined;
}

const HEAD = 'HEAD ';

/** What a connection has sent of a request whose head is not complete: its first bytes, or nothing between two requests. */
interface Connection {
  start: string;
  /** The last request whose head is complete, and whether its head was in the present packet. */
  last: IncomingMessage | undefined;
  isNew: boolean;
  /** Whether the last request was complete after the packet before. */
  wasComplete: boolean;
  bytesRead: number;
}

/** What Node's server calls of a socket and its parser; neither is documented. */
type ParsedSocket = Socket & { _unrefTimer(): void; readonly parser?: { getCurrentBuffer(): Buffer } | null };

/** Tells of connections on which the head of a request broke off what its method was. */
interface UnfinishedHeads {
  /** Notes that the head of a request is complete. */
  complete(request: IncomingMessage): void;
  /** Whether what was sent of the next request on the connection begins with `HEAD `. */
  isHead(socket: Socket): boolean;
}

/**
 * Keeps the first five bytes of every request whose head is on its way. Node's parser hands out no more than the packet that it refused,
 * and nothing when the head did not come in time, but the answer to a HEAD has no body (RFC 9110 §9.3.2), however it arrived.
 *
 * NOTE: a listener of `data` would do, but makes Node pass every packet through the stream instead of reading it in the parser, which is a
 * fifth of what a GET costs. What the server calls after each packet is the one other place; were it gone, a HEAD that breaks off in its
 * second packet would be answered with a body, which `raw-requests.test.ts` would show.
 */
function watchUnfinishedHeads(server: Server, connected: 'connection' | 'secureConnection'): UnfinishedHeads {
  const connections = new WeakMap<Socket, Connection>();

  const readPacket = (connection: Connection, { bytesRead, parser }: ParsedSocket) => {
    if (bytesRead === connection.bytesRead) return;
    connection.bytesRead = bytesRead;
    const isBetween = connection.wasComplete && !connection.isNew;
    connection.isNew = false;
    connection.wasComplete = connection.last?.complete ?? true;
    if (!isBetween || connection.start.length === HEAD.length) return;
    const packet = parser?.getCurrentBuffer().toString('latin1', 0, 2 * HEAD.length) ?? '';
    connection.start = (connection.start + packet).trimStart().slice(0, HEAD.length);
  };
  server.on(connected, (socket: ParsedSocket) => {
    const connection: Connection = { start: '', last: undefined, isNew: false, wasComplete: true, bytesRead: socket.bytesRead };
    connections.set(socket, connection);
    const refreshTimeout = socket._unrefTimer;
    socket._unrefTimer = () => {
      refreshTimeout.call(socket);
      readPacket(connection, socket);
    };
  });
  return {
    complete(request) {
      const { socket } = request;
      const connection = connections.get(socket);
      // NOTE: what came with a PROXY header is parsed before any packet of its own was read.
      const isNew = socket.bytesRead !== connection?.bytesRead;
      if (connection) Object.assign(connection, { start: '', last: request, isNew });
    },
    isHead: (socket) => connections.get(socket)?.start === HEAD,
  };
}

/** Node's own server with the limits of the contract, and every way in which its parser can refuse turned into the error envelope. */
export function createNodeServer(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  { expectsProxyHeader, connections, tls: material }: Accepting,
  deps: ConnectionDependencies & ProxyHeaderPorts,
): Server {
  const roundRobin = createRoundRobin(handle, deps);
  const options = {
    maxHeaderSize: LIMITS.headerBytes,
    requestTimeout: LIMITS.requestTimeoutMs,
    headersTimeout: LIMITS.headersTimeoutMs,
    connectionsCheckingInterval: 1_000,
    keepAliveTimeout: connections.idleMs,
    requireHostHeader: false,
  };
  const receive = (request: IncomingMessage, response: ServerResponse) => {
    heads.complete(request);
    if (request.headers['transfer-encoding'] !== undefined) limitChunks(request);
    roundRobin.handle(request, response);
  };
  const tls = material && createTlsServer(material, options, receive);
  const server = tls?.server ?? createServer(options, receive);
  const heads = watchUnfinishedHeads(server, tls ? 'secureConnection' : 'connection');
  // NOTE: a client that has sent all it wants, and says so, is still answered; Node would close the connection at once.
  Object.assign(server, { httpAllowHalfOpen: true });
  const idleSinceMs = tls ? (socket: Socket) => roundRobin.idleSinceMs(tls.secureOf(socket)) : roundRobin.idleSinceMs;
  limitConnections(server, connections, { ...deps, idleSinceMs, isEncrypted: tls !== undefined });
  if (expectsProxyHeader) expectProxyHeaders(server, deps);
  server.on('clientError', (error, socket) => {
    const isHead = beginsHead(error) || heads.isHead(socket as Socket);
    const answer = () => void answerOnSocket(socket, parserErrorReply(error, deps), deps, isHead);
    roundRobin.breakOff(socket as Socket, refusalOf(error), answer);
  });
  server.on('connect', (request, socket) => {
    roundRobin.breakOff(request.socket, undefined, () => void answerOnSocket(socket, connectReply(deps), deps));
  });
  server.on('checkContinue', (request, response) => {
    awaitContinue(request, response);
    server.emit('request', request, response);
  });
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  return server;
}
