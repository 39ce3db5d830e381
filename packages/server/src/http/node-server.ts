import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { LIMITS } from '@openkupe/contract';
import { limitChunks } from './chunk-limit.ts';
import { type ConnectionDependencies, type ConnectionLimits, limitConnections } from './connection-limits.ts';
import { answerOnSocket, beginsHead, connectReply, parserErrorReply, refusalOf } from './parser-error.ts';
import { expectProxyHeaders, type ProxyHeaderPorts } from './proxy-protocol/proxy-protocol.ts';
import { awaitContinue } from './request-body.ts';
import { createRoundRobin } from './round-robin.ts';
import { watchUnfinishedHeads } from './unfinished-heads.ts';

/** How {@link createNodeServer} takes connections. */
export interface Accepting {
  /** Connections from trusted proxies begin with a header of the PROXY protocol. */
  readonly expectsProxyHeader: boolean;
  readonly connections: ConnectionLimits;
}

/** Node's own server with the limits of the contract, and every way in which its parser can refuse turned into the error envelope. */
export function createNodeServer(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  { expectsProxyHeader, connections }: Accepting,
  deps: ConnectionDependencies & ProxyHeaderPorts,
): Server {
  const roundRobin = createRoundRobin(handle, deps);
  const server = createServer(
    {
      maxHeaderSize: LIMITS.headerBytes,
      requestTimeout: LIMITS.requestTimeoutMs,
      headersTimeout: LIMITS.headersTimeoutMs,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: connections.idleMs,
      requireHostHeader: false,
    },
    (request, response) => {
      heads.complete(request);
      if (request.headers['transfer-encoding'] !== undefined) limitChunks(request);
      roundRobin.handle(request, response);
    },
  );
  const heads = watchUnfinishedHeads(server);
  // NOTE: a client that has sent all it wants, and says so, is still answered; Node would close the connection at once.
  Object.assign(server, { httpAllowHalfOpen: true });
  limitConnections(server, connections, { ...deps, idleSinceMs: roundRobin.idleSinceMs });
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
