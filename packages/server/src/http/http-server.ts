import { type Clock, LIMITS, type Random, ROUTES } from '@openkupe/contract';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Reply } from '../errors/reply.ts';
import type { Log } from '../log/log.ts';
import type { ExchangeDependencies, IncomingRequest } from '../pipeline/exchange.ts';
import type { AddressLimitDependencies } from '../pipeline/pass-rate-limits.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { type ClientAddressDependencies, createClientAddressReader } from './client-address/client-address-reader.ts';
import { type AllowedOrigins, preflightReply } from './cors.ts';
import { HttpRequest } from './incoming-request.ts';
import { type Accepting, createNodeServer } from './node-server.ts';
import { PAGES, servePages } from './pages.ts';
import { parserErrorReply } from './parser-error.ts';
import { isWithoutClient, type ProxyHeaderPorts } from './proxy-protocol/proxy-protocol.ts';
import type { ReadinessPorts } from './readiness.ts';
import { createRequestIds } from './request-id.ts';
import type { UnreadAnswers } from './send-in-pieces.ts';
import { type AnswerCount, sendReply } from './send-reply.ts';

/** What the HTTP side needs besides the pipeline. */
export interface HttpDependencies
  extends ClientAddressDependencies,
    ProxyHeaderPorts,
    Omit<ReadinessPorts, 'requestIds'>,
    ExchangeDependencies,
    AddressLimitDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly answers: AnswerCount;
  /** Long answers that are not read yet. */
  readonly unread: UnreadAnswers;
}

/** How the server listens, and which pages of other origins may read what it answers. */
export interface Listening extends Accepting {
  readonly allowedOrigins: AllowedOrigins;
}

/** Methods of what is served beside the routes of the contract, which every page has. */
const PAGE_METHODS = ['HEAD', 'GET'] as const;
const pathOf = ({ raw: { url = '' } }: FastifyRequest) => url.split('?', 1)[0] ?? '';

/** What the handlers of all paths use. */
function createResponder(given: HttpDependencies, listening: Listening) {
  const requestIds = createRequestIds(given.random);
  const deps = { ...given, requestIds, allowedOrigins: listening.allowedOrigins };
  const readClientAddress = createClientAddressReader(given);

  return {
    deps,
    /** The request as plain values. `match` is what the router found. */
    receive({ raw }: FastifyRequest, match?: IncomingRequest['match'], methods?: readonly string[]): HttpRequest {
      const { socket, headers } = raw;
      const peer = socket.remoteAddress ?? '';
      // NOTE: a proxy that speaks the PROXY protocol passes on what the client wrote; where it names no client, no proxy wrote the headers.
      const clientAddress =
        listening.expectsProxyHeader && isWithoutClient(socket) ? peer : readClientAddress(peer, headers as HttpRequest['headers']);
      return new HttpRequest(raw, {
        requestId: requestIds.of(headers['x-request-id'] as string | undefined),
        clientAddress,
        match,
        methods,
      });
    },
    /** Sends an answer by Node's own means: Fastify only routes. */
    async respond(reply: FastifyReply, answer: Reply | Promise<Reply>): Promise<void> {
      reply.hijack();
      try {
        await sendReply(reply.request.raw, reply.raw, await answer, deps);
      } catch (error) {
        deps.log.error({ err: error, path: pathOf(reply.request) }, 'an answer could not be sent');
        reply.raw.destroy();
      }
    },
  };
}

/** Builds the HTTP side: the contract's routes, answered by the pipeline, the health checks and the pages. */
export function createHttpServer(pipeline: Pipeline, given: HttpDependencies, listening: Listening): FastifyInstance {
  const responder = createResponder(given, listening);
  const { deps, receive, respond } = responder;
  const app = Fastify({
    logger: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: LIMITS.headerBytes, ignoreTrailingSlash: false, caseSensitive: true },
    serverFactory: (handle) => createNodeServer(handle as Parameters<typeof createNodeServer>[0], listening, deps),
    // NOTE: what the parser refuses is answered in `node-server.ts`, once everything before it on the connection is.
    clientErrorHandler: () => {},
    // NOTE: the only one is a path that cannot be decoded. It passes the rate limit like everything else, and finds no route.
    frameworkErrors: (_error, request, reply) => void respond(reply as FastifyReply, pipeline(receive(request))),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));

  for (const route of ROUTES) {
    app.route({
      method: route.method,
      url: route.path.replace(/\{([a-z]+)\}/g, ':$1'),
      config: { route },
      handler: (request, reply) => {
        void respond(reply, pipeline(receive(request, { route, params: request.params as Record<string, string> })));
      },
    });
  }
  app.setNotFoundHandler((request, reply) => {
    const received = receive(request, undefined, PAGES.has(pathOf(request)) ? PAGE_METHODS : undefined);
    void respond(reply, preflightReply(received, deps.allowedOrigins, deps) ?? pipeline(received));
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    // NOTE: what the framework finds wrong with a request before our handler, such as an unreadable Content-Type, is for the pipeline to judge.
    if ((error.statusCode ?? 500) < 500) return void respond(reply, pipeline(receive(request, matchOf(request))));
    deps.log.error({ err: error, path: pathOf(request) }, 'request failed outside the pipeline');
    void respond(reply, parserErrorReply(error, deps));
  });
  servePages(app, responder);
  return app;
}

/** What the router found, for a request that failed before its handler. */
function matchOf(request: FastifyRequest): IncomingRequest['match'] {
  const { route } = request.routeOptions.config as { route?: (typeof ROUTES)[number] };
  return route && { route, params: request.params as Record<string, string> };
}
