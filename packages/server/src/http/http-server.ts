import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type Clock, LIMITS, ROUTES, type Route } from '@openkupe/contract';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { explorerFiles } from '../explorer/explorer.ts';
import { FORWARDING_HEADERS } from '../guard/client-address.ts';
import { checkQuery } from '../pipeline/check-query.ts';
import type { IncomingRequest, Reply } from '../pipeline/exchange.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { newRequestId } from '../pipeline/receive.ts';
import { toErrorReply } from '../pipeline/to-error-reply.ts';
import type { Ports } from '../ports.ts';
import { boundConnections, type ConnectionLimits } from './bound-connections.ts';
import { inTurn } from './in-turn.ts';
import { linger } from './linger.ts';
import { answerOnSocket, type ParserErrorPorts, parserErrorReply, refusalReply } from './parser-error.ts';
import { expectProxyHeaders, isWithoutClient, type ProxyHeaderPorts } from './proxy-protocol.ts';
import { createReadiness } from './readiness.ts';
import { staticFileReply } from './static-file.ts';

function headersOf(request: IncomingMessage): IncomingRequest['headers'] {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  // NOTE: a proxy that speaks the PROXY protocol passes on what the client wrote; where it names no client, these are no proxy's words.
  if (isWithoutClient(request.socket)) for (const name of FORWARDING_HEADERS) delete headers[name];
  return headers;
}

/** "A server MUST respond with a 400 to any HTTP/1.1 request message that lacks a Host header field and to any that contains more than one" (RFC 9112 §3.2). */
function hostProblem({ httpVersion, rawHeaders }: IncomingMessage): string | undefined {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts > 1) return 'The request has more than one Host header; send one';
  return hosts === 0 && httpVersion === '1.1' ? 'The request has no Host header; send one' : undefined;
}

function incoming(request: FastifyRequest, match?: IncomingRequest['match']): IncomingRequest {
  const malformed = hostProblem(request.raw);
  return {
    method: request.method,
    target: request.raw.url ?? '/',
    headers: headersOf(request.raw),
    socketAddress: request.raw.socket.remoteAddress ?? '',
    // NOTE: leaving the loop over it early does not destroy it, so that what is not read can still be dropped after the answer.
    body: request.raw.iterator({ destroyOnReturn: false }),
    ...(malformed ? { malformed } : {}),
    ...(match ? { match } : {}),
  };
}

/** A request with the row that the router found, if it found one. */
function matched(request: FastifyRequest): IncomingRequest {
  const { route } = request.routeOptions.config as { route?: Route };
  return incoming(request, route && { route, params: request.params as Record<string, string> });
}

type SendPorts = Pick<Ports, 'clock' | 'answers'>;

async function send(reply: FastifyReply, answer: Reply, { clock, answers }: SendPorts): Promise<FastifyReply> {
  const { raw } = reply.request;
  answers.note(answer.status);
  if (!raw.readableEnded && hasBody(raw)) return sendEarly(reply, answer, clock);
  return reply.code(answer.status).headers(answer.headers).send(answer.body);
}

/** Answers a request whose body is not read to its end. The connection is closed after it, so that nobody has to read the rest. */
async function sendEarly(reply: FastifyReply, { status, headers, body }: Reply, clock: Clock): Promise<FastifyReply> {
  const { raw: response } = reply.hijack();
  const framing = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, { ...headers, ...framing, connection: 'close' });
  if (body === undefined) response.flushHeaders();
  else response.write(body);
  await linger(reply.request.raw, clock);
  response.end();
  return reply;
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

/** Node's own server with the limits of the contract, and every way in which its parser can refuse turned into the error envelope. */
function listener(
  ports: ParserErrorPorts & ProxyHeaderPorts & SendPorts,
  { expectsProxyHeader, connections }: Listening,
  handle: (request: IncomingMessage, response: never) => void,
): Server {
  const server = createServer(
    {
      maxHeaderSize: LIMITS.headerBytes,
      requestTimeout: LIMITS.requestTimeoutMs,
      headersTimeout: LIMITS.requestTimeoutMs,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: LIMITS.idleConnectionMs,
      requireHostHeader: false,
    },
    inTurn(handle as (request: IncomingMessage, response: unknown) => void, ports.trustedProxies),
  );
  boundConnections(server, connections, ports);
  if (expectsProxyHeader) expectProxyHeaders(server, ports);
  server.on('clientError', (error, socket) => void answerOnSocket(socket, parserErrorReply(error, ports), ports));
  server.on('connect', (_request, socket) => {
    void answerOnSocket(socket, refusalReply(405, 'CONNECT is not possible here; this is not a proxy', ports), ports);
  });
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  return server;
}

export interface Listening {
  /** Connections from trusted proxies begin with a header of the PROXY protocol. */
  readonly expectsProxyHeader: boolean;
  readonly connections: ConnectionLimits;
}

/** Builds the HTTP side: the contract's routes and the two health checks, everything answered by the pipeline. */
export function createHttpServer(pipeline: Pipeline, ports: Ports, listening: Listening): FastifyInstance {
  const app = Fastify({
    logger: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: LIMITS.headerBytes, ignoreTrailingSlash: false, caseSensitive: true },
    serverFactory: (handle) => listener(ports, listening, handle),
    // NOTE: the only one is a path that cannot be decoded. It passes the guard like everything else, and finds no route.
    frameworkErrors: (_error, request, reply) => {
      void pipeline(incoming(request)).then((answer) => send(reply as FastifyReply, answer, ports));
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));

  for (const route of ROUTES) {
    app.route({
      method: route.method,
      url: route.path.replace(/\{([a-z]+)\}/g, ':$1'),
      config: { route },
      handler: async (request, reply) => send(reply, await pipeline(matched(request)), ports),
    });
  }
  app.setNotFoundHandler(async (request, reply) => send(reply, await pipeline(incoming(request)), ports));
  app.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
    // NOTE: what the framework finds wrong with a request before our handler, such as an unreadable Content-Type, is for the pipeline to judge.
    if ((error.statusCode ?? 500) < 500) return send(reply, await pipeline(matched(request)), ports);
    ports.log.error({ err: error, path: request.url.split('?', 1)[0] }, 'request failed outside the pipeline');
    return send(reply, parserErrorReply(error, ports), ports);
  });
  serveExplorer(app, ports);
  const readiness = createReadiness(ports);
  app.get('/healthz', async (request, reply) => send(reply, queryRefusal(request, [], ports) ?? readiness.alive(), ports));
  app.get('/readyz', async (request, reply) => send(reply, queryRefusal(request, ['verbose'], ports) ?? (await readiness.ready()), ports));
  return app;
}

/** What a health check answers to a query parameter that it does not know; nothing when there is none. */
function queryRefusal(request: FastifyRequest, known: readonly string[], { random }: Pick<Ports, 'random'>): Reply | undefined {
  try {
    checkQuery(request.raw.url ?? '', known);
    return undefined;
  } catch (error) {
    return toErrorReply(error, { requestId: newRequestId(random), progress: { headers: {}, executed: 'no' } });
  }
}

function serveExplorer(app: FastifyInstance, ports: Ports): void {
  for (const file of explorerFiles()) {
    app.get(file.path, async (request, reply) => send(reply, staticFileReply(file, incoming(request), ports), ports));
  }
}
