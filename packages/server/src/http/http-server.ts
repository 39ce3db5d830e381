import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { type Clock, LIMITS, ROUTES, type Route } from '@openkupe/contract';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Refusal } from '../errors/refusal.ts';
import type { Reply } from '../errors/reply.ts';
import { toErrorReply } from '../errors/to-error-reply.ts';
import { explorerFiles } from '../explorer/explorer.ts';
import type { Log } from '../log/log.ts';
import type { ExchangeDependencies, IncomingRequest } from '../pipeline/exchange.ts';
import { newRequestId } from '../pipeline/exchange.ts';
import { checkQuery } from '../pipeline/find-route.ts';
import type { AddressLimitDependencies } from '../pipeline/pass-rate-limits.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { AnswerCount } from './answer-count.ts';
import { boundChunks } from './bound-chunks.ts';
import { boundConnections, type ConnectionLimits } from './bound-connections.ts';
import { FORWARDING_HEADERS } from './client-address/client-address.ts';
import { type AllowedOrigins, corsHeaders, preflightReply } from './cors.ts';
import { drainBeforeClose } from './lingering-close.ts';
import { messageProblem } from './message-problem.ts';
import {
  answerOnSocket,
  beginsHead,
  connectReply,
  type ParserErrorPorts,
  parserErrorReply,
  refusalOf,
  type SocketPorts,
} from './parser-error.ts';
import { expectProxyHeaders, isWithoutClient, type ProxyHeaderPorts } from './proxy-protocol/proxy-protocol.ts';
import { createReadiness, type ReadinessPorts } from './readiness.ts';
import { awaitContinue, bodyOf } from './request-body.ts';
import { createRoundRobin } from './round-robin.ts';
import { PIECE_BYTES, sendInPieces, type UnreadAnswers } from './send-in-pieces.ts';
import { staticFileReply } from './static-file.ts';
import { watchUnfinishedHeads } from './unfinished-heads.ts';

/** What is served beside the routes of the contract. */
const PAGES: ReadonlySet<string> = new Set(['/healthz', '/readyz', ...explorerFiles().map(({ path }) => path)]);

function headersOf(request: IncomingMessage): IncomingRequest['headers'] {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  // NOTE: a proxy that speaks the PROXY protocol passes on what the client wrote; where it names no client, these are no proxy's words.
  if (isWithoutClient(request.socket)) for (const name of FORWARDING_HEADERS) delete headers[name];
  return headers;
}

function incoming(request: FastifyRequest, match?: IncomingRequest['match']): IncomingRequest {
  const malformed = messageProblem(request.raw);
  return {
    method: request.method,
    target: request.raw.url ?? '/',
    headers: headersOf(request.raw),
    socketAddress: request.raw.socket.remoteAddress ?? '',
    isGone: () => request.raw.socket.destroyed,
    body: bodyOf(request.raw),
    ...(malformed ? { malformed } : {}),
    ...(match ? { match } : {}),
    ...(PAGES.has(request.raw.url?.split('?', 1)[0] ?? '') ? { methods: ['HEAD', 'GET'] } : {}),
  };
}

/** A request with the row that the router found, if it found one. */
function matched(request: FastifyRequest): IncomingRequest {
  const { route } = request.routeOptions.config as { route?: Route };
  return incoming(request, route && { route, params: request.params as Record<string, string> });
}

interface SendPorts extends Required<SocketPorts> {
  readonly unread: UnreadAnswers;
  readonly allowedOrigins: AllowedOrigins;
}

async function send(reply: FastifyReply, decided: Reply, ports: SendPorts): Promise<FastifyReply> {
  const { raw } = reply.request;
  const { clock, answers, allowedOrigins } = ports;
  const answer = { ...decided, headers: { ...decided.headers, ...corsHeaders(raw.headers.origin, allowedOrigins) } };
  answers.note(answer.status);
  if (!raw.readableEnded && hasBody(raw)) return sendEarly(reply, answer, clock);
  const bytes = answer.bytes ?? ((answer.body?.length ?? 0) > PIECE_BYTES ? Buffer.from(answer.body ?? '') : undefined);
  if (!bytes) return reply.code(answer.status).headers(answer.headers).send(answer.body);
  const { raw: response } = reply.hijack();
  response.writeHead(answer.status, { ...answer.headers, 'content-length': bytes.length });
  if (raw.method === 'HEAD') response.end();
  else await sendInPieces(response, bytes, ports);
  return reply;
}

/** Answers a request whose body is not read to its end. The connection is closed after it, so that the rest need not be read. */
async function sendEarly(reply: FastifyReply, { status, headers, ...rest }: Reply, clock: Clock): Promise<FastifyReply> {
  const body = rest.bytes ?? rest.body;
  const { raw: response } = reply.hijack();
  const framing = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, { ...headers, ...framing, connection: 'close' });
  if (body === undefined) response.flushHeaders();
  else response.write(body);
  await drainBeforeClose(reply.request.raw, clock);
  response.end();
  return reply;
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

/** Node's own server with the limits of the contract, and every way in which its parser can refuse turned into the error envelope. */
function listener(
  ports: ParserErrorPorts & ProxyHeaderPorts & SocketPorts,
  { expectsProxyHeader, connections }: Listening,
  handle: (request: IncomingMessage, response: never) => void,
): Server {
  const roundRobin = createRoundRobin(handle as (request: IncomingMessage, response: unknown) => void, ports.trustedProxies);
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
      boundChunks(request);
      roundRobin.handle(request, response);
    },
  );
  const heads = watchUnfinishedHeads(server);
  // NOTE: a client that has sent all it wants, and says so, is still answered; Node would close the connection at once.
  Object.assign(server, { httpAllowHalfOpen: true });
  boundConnections(server, connections, ports);
  if (expectsProxyHeader) expectProxyHeaders(server, ports);
  server.on('clientError', (error, socket) => {
    const isHead = beginsHead(error) || heads.isHead(socket as Socket);
    const answer = () => void answerOnSocket(socket, parserErrorReply(error, ports), ports, isHead);
    roundRobin.breakOff(socket as Socket, refusalOf(error), answer);
  });
  server.on('connect', (request, socket) => {
    roundRobin.breakOff(request.socket, undefined, () => void answerOnSocket(socket, connectReply(ports), ports));
  });
  server.on('checkContinue', (request, response) => {
    awaitContinue(request, response);
    server.emit('request', request, response);
  });
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  return server;
}

/** What the HTTP side needs besides the pipeline. */
export interface HttpDependencies
  extends ParserErrorPorts,
    SocketPorts,
    ProxyHeaderPorts,
    ReadinessPorts,
    ExchangeDependencies,
    AddressLimitDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly answers: AnswerCount;
  /** Long answers that are not read yet. */
  readonly unread: UnreadAnswers;
}

/** How the server listens. */
export interface Listening {
  /** Connections from trusted proxies begin with a header of the PROXY protocol. */
  readonly expectsProxyHeader: boolean;
  readonly connections: ConnectionLimits;
  readonly allowedOrigins: AllowedOrigins;
}

/** Builds the HTTP side: the contract's routes and the two health checks, everything answered by the pipeline. */
export function createHttpServer(pipeline: Pipeline, withoutOrigins: HttpDependencies, listening: Listening): FastifyInstance {
  const { allowedOrigins } = listening;
  const ports = { ...withoutOrigins, allowedOrigins };
  const app = Fastify({
    logger: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: LIMITS.headerBytes, ignoreTrailingSlash: false, caseSensitive: true },
    serverFactory: (handle) => listener(ports, listening, handle),
    // NOTE: what the parser refuses is answered in `listener`, once everything before it on the connection is.
    clientErrorHandler: () => {},
    // NOTE: the only one is a path that cannot be decoded. It passes the rate limit like everything else, and finds no route.
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
  app.setNotFoundHandler(async (request, reply) =>
    send(reply, preflightReply(incoming(request), allowedOrigins, ports) ?? (await pipeline(incoming(request))), ports),
  );
  app.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
    // NOTE: what the framework finds wrong with a request before our handler, such as an unreadable Content-Type, is for the pipeline to judge.
    if ((error.statusCode ?? 500) < 500) return send(reply, await pipeline(matched(request)), ports);
    ports.log.error({ err: error, path: request.url.split('?', 1)[0] }, 'request failed outside the pipeline');
    return send(reply, parserErrorReply(error, ports), ports);
  });
  serveExplorer(app, ports);
  const readiness = createReadiness(ports);
  app.get('/healthz', async (request, reply) => send(reply, malformedReply(request, ports, []) ?? readiness.alive(), ports));
  app.get('/readyz', async (request, reply) =>
    send(reply, malformedReply(request, ports, ['verbose']) ?? (await readiness.ready({ isVerbose: hasVerbose(request) })), ports),
  );
  return app;
}

/** Whether the parameter `verbose` is there, with or without a value, as at Kubernetes' `/readyz?verbose`. */
const hasVerbose = ({ raw: { url = '' } }: FastifyRequest) => new URLSearchParams(url.split('?')[1] ?? '').has('verbose');

/** What is not answered by the pipeline is refused here, where the message itself or (`known` given) a query parameter is wrong. */
function malformedReply(request: FastifyRequest, ports: ParserErrorPorts, known?: readonly string[]): Reply | undefined {
  const problem = messageProblem(request.raw);
  if (problem !== undefined) return parserErrorReply(new Refusal(400, problem), ports);
  try {
    if (known) checkQuery(request.raw.url ?? '', known);
    return undefined;
  } catch (error) {
    return toErrorReply(error, { requestId: newRequestId(ports.random), headers: {}, executed: 'no' });
  }
}

function serveExplorer(app: FastifyInstance, ports: HttpDependencies & SendPorts): void {
  for (const file of explorerFiles()) {
    const answer = (request: FastifyRequest) => malformedReply(request, ports) ?? staticFileReply(file, incoming(request), ports);
    app.get(file.path, async (request, reply) => send(reply, answer(request), ports));
  }
}
