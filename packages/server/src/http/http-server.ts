import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type Clock, LIMITS, type Random, ROUTES } from '@openkupe/contract';
import createRouter, { type HTTPMethod } from 'find-my-way';
import type { Reply } from '../errors/reply.ts';
import type { Log } from '../log/log.ts';
import type { IncomingRequest } from '../pipeline/exchange.ts';
import type { AddressLimitDependencies } from '../pipeline/pass-rate-limits.ts';
import type { ExchangeDependencies, Pipeline } from '../pipeline/pipeline.ts';
import { type ClientAddressDependencies, createClientAddressReader } from './client-address/client-address-reader.ts';
import { type AllowedOrigins, preflightReply } from './cors.ts';
import { createRequestIds, HttpRequest } from './incoming-request.ts';
import { closeListener, listenAt } from './listen.ts';
import { type Accepting, createNodeServer } from './node-server.ts';
import { createPages, type Page, type ReviewPort } from './pages.ts';
import { parserErrorReply } from './parser-error.ts';
import { isWithoutClient, type ProxyHeaderPorts } from './proxy-protocol/proxy-protocol.ts';
import type { ReadinessPorts } from './readiness.ts';
import type { UnreadAnswers } from './send-in-pieces.ts';
import { type AnswerCount, sendReply } from './send-reply.ts';
import { renewCertificate, type TlsMaterial } from './tls.ts';

/** What the HTTP side needs besides the pipeline. */
export interface HttpDependencies
  extends ClientAddressDependencies,
    ProxyHeaderPorts,
    Omit<ReadinessPorts, 'requestIds'>,
    ExchangeDependencies,
    AddressLimitDependencies,
    ReviewPort {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly answers: AnswerCount;
  /** Long answers that are not read yet. */
  readonly unread: UnreadAnswers;
}

/** Answers one request; never rejects. */
export type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>;
/** What a program that has a server inside puts around its answering. */
export type Around = (handle: Handle) => Handle;

/** How the server listens, and which pages of other origins may read what it answers. */
export interface Listening extends Accepting {
  readonly allowedOrigins: AllowedOrigins;
  /** Stands around what arrives at the listener; nothing where it is absent. */
  readonly around?: Around;
}

/** The HTTP side of one server. */
export interface HttpServer {
  /** Node's own server underneath. */
  readonly server: Server;
  /** Answers one request, without what is around it. */
  readonly handle: Handle;
  /** Resolves with the URL once it listens. */
  listen(at: { readonly host: string; readonly port: number }): Promise<string>;
  /** Uses another certificate for new connections. */
  renewCertificate(material: TlsMaterial): void;
  /** When the certificate in use ends, epoch milliseconds; `undefined` without TLS. */
  readonly certificateEndsAt: number | undefined;
  /** Stops listening. Resolves once every connection is closed; idle ones are closed at once. */
  close(): Promise<void>;
}

/** What is found for a path: a row of the contract's table, or a page. */
type Found = { readonly route: (typeof ROUTES)[number] } | { readonly page: Page };

/** Finds what a method and a request target mean: the contract's routes, of which each GET is also a HEAD, and the pages. */
function createFinder(pages: ReadonlyMap<string, Page>) {
  const router = createRouter({ maxParamLength: LIMITS.headerBytes, querystringParser: () => ({}) });
  const add = (methods: HTTPMethod[], path: string, found: Found) => router.on(methods, path, () => {}, found);
  for (const route of ROUTES) {
    add(route.method === 'GET' ? ['HEAD', 'GET'] : [route.method], route.path.replace(/\{([a-z]+)\}/g, ':$1'), { route });
  }
  for (const [path, page] of pages) add([...page.methods], path, { page });
  return (method: string, target: string) => {
    // NOTE: null also for a path that cannot be decoded: it passes the rate limit like everything else, and finds no route.
    const found = router.find(method as HTTPMethod, target);
    return found && { ...(found.store as Found), params: found.params as Readonly<Record<string, string>> };
  };
}

/** Builds the HTTP side: the contract's routes, answered by the pipeline, the health checks and the pages. */
export function createHttpServer(pipeline: Pipeline, given: HttpDependencies, listening: Listening): HttpServer {
  const requestIds = createRequestIds(given.random);
  const { allowedOrigins, expectsProxyHeader } = listening;
  let { tls } = listening;
  const deps = { ...given, requestIds, allowedOrigins };
  const readClientAddress = createClientAddressReader({ ...given, forwarding: given.answers.forwarding });
  const pages = createPages(deps);
  const find = createFinder(pages);

  const receive = (message: IncomingMessage, match: IncomingRequest['match']): HttpRequest => {
    const { socket, url = '' } = message;
    const headers = message.headers as HttpRequest['headers'];
    const peer = socket.remoteAddress ?? '';
    // NOTE: a proxy that speaks the PROXY protocol passes on what the client wrote; where it names no client, no proxy wrote the headers.
    const clientAddress = expectsProxyHeader && isWithoutClient(socket) ? peer : readClientAddress(peer, headers);
    const methods = match ? undefined : pages.get(url.split('?', 1)[0] ?? '')?.methods;
    return new HttpRequest(message, { requestId: requestIds.of(headers['x-request-id']), clientAddress, match, methods });
  };
  const answer = (message: IncomingMessage): Reply | Promise<Reply> => {
    const found = find(message.method ?? '', message.url ?? '');
    if (found && 'page' in found) return found.page.answer(receive(message, undefined));
    const request = receive(message, found ?? undefined);
    return (found ? undefined : preflightReply(request, allowedOrigins, deps)) ?? pipeline(request);
  };
  const handle: Handle = async (message, response) => {
    const path = message.url?.split('?', 1)[0];
    let reply: Reply;
    try {
      reply = await answer(message);
    } catch (error) {
      deps.log.error({ err: error, path }, 'request failed outside the pipeline');
      reply = parserErrorReply(error, deps);
    }
    try {
      await sendReply(message, response, reply, deps);
    } catch (error) {
      deps.log.error({ err: error, path }, 'an answer could not be sent');
      reply.stream?.close();
      response.destroy();
    }
  };
  const outermost = listening.around?.(handle) ?? handle;
  const server = createNodeServer((message, response) => void outermost(message, response), listening, deps);
  return {
    server,
    handle,
    listen: (at) => listenAt(server, at),
    renewCertificate(material) {
      renewCertificate(server, material);
      tls = material;
    },
    get certificateEndsAt() {
      return tls?.endsAtMs;
    },
    close: () => closeListener(server),
  };
}
