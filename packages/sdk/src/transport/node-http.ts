import http from 'node:http';
import https from 'node:https';
import { ACCEPT_ENCODING, MOST_HEADER_BYTES, readAnswer } from './read-answer.ts';
import { addressing, createRoutes, type Route } from './routes.ts';
import { NoAnswer, type Transport, type TransportRequest, type TransportResponse } from './transport.ts';
import type { TransportOptions } from './transport-options.ts';
import { proxyRefused, unreachable } from './unreachable.ts';

interface Attempted {
  /** The socket was an idle one, and the server closed it without a byte of an answer. */
  isStaleSocket: boolean;
}

/** Begins the request. Plain options and a listener of our own cost a fifth less time than a URL object and the `signal` option. */
function begin(request: TransportRequest, route: Route, agent: http.Agent): http.ClientRequest {
  const { method, headers, body, attempt = 1, signal } = request;
  const length: Record<string, string> = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const way = addressing(request, route);
  const outgoing = (route.isSecure ? https : http).request({
    ...way,
    method,
    maxHeaderSize: MOST_HEADER_BYTES,
    headers: {
      'accept-encoding': ACCEPT_ENCODING,
      ...headers,
      ...way.headers,
      ...length,
      ...(attempt > 1 ? { 'x-request-attempt': String(attempt) } : {}),
    },
    agent,
  });
  const abort = () => void outgoing.destroy();
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  outgoing.on('close', () => signal.removeEventListener('abort', abort));
  return outgoing;
}

/** What a connection is made to, as errors name it. */
function peerOf({ url }: TransportRequest, { proxy, isTunnelled }: Route): string {
  return proxy && !isTunnelled ? `proxy at ${proxy.origin}` : `server at ${new URL(url).origin}`;
}

/** Why a request that was sent has no answer. Codes of the parser begin with HPE: something did answer, though not as HTTP has it. */
function noAnswer(code: string, error: Error): NoAnswer {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new NoAnswer(
      'unreadable',
      `The headers of the answer are longer than ${MOST_HEADER_BYTES} bytes; shorten what adds to them`,
      error,
    );
  if (code.startsWith('HPE_'))
    return new NoAnswer('unreadable', `What answered does not speak HTTP (${code}); check the host and the port`, error);
  return new NoAnswer('no-answer', `The connection ended before there was an answer (${code})`, error);
}

function sendOnce(request: TransportRequest, route: Route, agent: http.Agent, attempted: Attempted): Promise<TransportResponse> {
  const { isSecure, proxy } = route;
  return new Promise((resolve, reject) => {
    const outgoing = begin(request, route, agent);
    let isConnected = false;
    let isAnswered = false;
    outgoing.on('socket', (socket) => {
      if (outgoing.reusedSocket || !(socket.connecting || isSecure)) isConnected = true;
      else {
        socket.once(isSecure ? 'secureConnect' : 'connect', () => {
          isConnected = true;
        });
      }
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const code = request.signal.aborted ? 'aborted' : (error.code ?? error.name);
      attempted.isStaleSocket = !isAnswered && outgoing.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
      if (error instanceof NoAnswer) reject(error);
      else if (!isConnected) reject(unreachable(peerOf(request, route), code, error));
      else reject(noAnswer(code, error));
    });
    outgoing.on('upgrade', (_, socket) => {
      socket.destroy();
      reject(
        new NoAnswer('unreadable', 'The server changed to another protocol (101), which was not asked for; check the host and the port'),
      );
    });
    outgoing.on('response', (incoming) => {
      isAnswered = true;
      if (proxy && incoming.statusCode === 407) reject(proxyRefused(proxy.origin, 407));
      else return void readAnswer(incoming, request.onText).then(resolve, reject);
      outgoing.destroy();
    });
    outgoing.end(request.body);
  });
}

/** Idle connections; those of calls under way are not among them. */
function dropIdle({ freeSockets }: http.Agent): void {
  for (const sockets of Object.values(freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

/**
 * Node's own HTTP client with kept connections, which takes half the time of `fetch` there, or less. A request that must not arrive
 * twice gets a fresh connection. A GET that meets an idle connection the server has closed is sent once more at once; a write is not,
 * because a connection that ends without an answer may have carried it, and the caller has to know. No pipelining.
 */
export function createNodeTransport(options: TransportOptions = {}): Transport {
  const routes = createRoutes(options);

  return {
    name: 'node-http',
    async send(request) {
      const route = request.url.startsWith('https:') ? routes.https : routes.http;
      if (!request.isRepeatable) return sendOnce(request, route, route.fresh, { isStaleSocket: false });
      const attempted: Attempted = { isStaleSocket: false };
      try {
        return await sendOnce(request, route, route.kept, attempted);
      } catch (error) {
        if (!attempted.isStaleSocket) throw error;
        // The others are likely to be closed as well: the server was restarted, or a proxy forgot them.
        dropIdle(route.kept);
        if (request.method !== 'GET' || request.signal.aborted) throw error;
        return sendOnce(request, route, route.fresh, attempted);
      }
    },
    close() {
      for (const { kept } of [routes.http, routes.https]) {
        dropIdle(kept);
        kept.on('free', () => dropIdle(kept));
      }
    },
  };
}
