import { createServer, type IncomingMessage, type Server } from 'node:http';
import { LIMITS, ROUTES } from '@openkupe/contract';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { IncomingRequest, Reply } from '../pipeline/exchange.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { invalidRequest } from '../refusal.ts';
import { answerOnSocket, type ParserErrorPorts, parserErrorReply, refusalReply } from './parser-error.ts';
import { type ReadinessPorts, readiness } from './readiness.ts';

function headersOf(request: IncomingMessage): IncomingRequest['headers'] {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return headers;
}

function incoming(request: FastifyRequest, match?: IncomingRequest['match']): IncomingRequest {
  return {
    method: request.method,
    target: request.raw.url ?? '/',
    headers: headersOf(request.raw),
    socketAddress: request.raw.socket.remoteAddress ?? '',
    body: request.raw,
    ...(match ? { match } : {}),
  };
}

async function send(reply: FastifyReply, answer: Reply): Promise<FastifyReply> {
  // NOTE: a refusal can come before the body was read; the connection is closed then, so that nobody has to read it.
  const isUnread = !reply.request.raw.readableEnded && hasBody(reply.request.raw);
  reply.code(answer.status).headers(answer.headers);
  if (isUnread) reply.header('connection', 'close');
  return reply.send(answer.body);
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

/** Node's own server with the limits of the contract, and every way in which its parser can refuse turned into the error envelope. */
function listener(ports: ParserErrorPorts, handle: (request: IncomingMessage, response: never) => void): Server {
  const server = createServer(
    {
      maxHeaderSize: LIMITS.headerBytes,
      requestTimeout: LIMITS.requestTimeoutMs,
      headersTimeout: LIMITS.requestTimeoutMs,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: 65_000,
      requireHostHeader: false,
    },
    handle as (request: IncomingMessage, response: unknown) => void,
  );
  server.on('clientError', (error, socket) => answerOnSocket(socket, parserErrorReply(error, ports)));
  server.on('connect', (_request, socket) =>
    answerOnSocket(socket, refusalReply(405, 'CONNECT is not possible here; this is not a proxy', ports)),
  );
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  return server;
}

/** Builds the HTTP side: the contract's routes and the two health checks, everything answered by the pipeline. */
export function createHttpServer(pipeline: Pipeline, ports: ParserErrorPorts & ReadinessPorts): FastifyInstance {
  const app = Fastify({
    logger: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 4_096, ignoreTrailingSlash: false, caseSensitive: true },
    serverFactory: (handle) => listener(ports, handle),
    frameworkErrors: (_error, request, reply) => {
      const answer = parserErrorReply(invalidRequest('The path is not validly percent-encoded; encode each segment'), ports);
      void send(reply as FastifyReply, { ...answer, headers: { ...answer.headers } });
      void request;
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));

  for (const route of ROUTES) {
    app.route({
      method: route.method,
      url: route.path.replace(/\{([a-z]+)\}/g, ':$1'),
      handler: async (request, reply) =>
        send(reply, await pipeline(incoming(request, { route, params: request.params as Record<string, string> }))),
    });
  }
  app.setNotFoundHandler(async (request, reply) => send(reply, await pipeline(incoming(request))));
  app.setErrorHandler(async (error, request, reply) => {
    ports.log.error({ err: error, path: request.url.split('?', 1)[0] }, 'request failed outside the pipeline');
    return send(reply, parserErrorReply(error, ports));
  });
  app.get('/healthz', async (_request, reply) => send(reply, readiness('alive', ports)));
  app.get('/readyz', async (_request, reply) => send(reply, await readiness('ready', ports)));
  return app;
}
