import { createServer, type IncomingMessage } from 'node:http';
import { type Clock, LIMITS, type Random } from '@openkupe/contract';
import { Refusal } from '../errors/refusal.ts';
import type { Reply } from '../errors/reply.ts';
import { toErrorReply } from '../errors/to-error-reply.ts';
import type { Log } from '../log/log.ts';
import { METRICS_TYPE, type MetricsPage } from '../metrics/metrics-page.ts';
import { createRequestIds, type RequestIds } from './incoming-request.ts';
import { closeListener, listenAt } from './listen.ts';
import { explainListenFailure } from './listen-failure.ts';
import { answerOnSocket, parserErrorReply } from './parser-error.ts';

/** The listener of the metrics: an address and port of its own, which no tenant can reach through the API's. */
export interface MetricsServer {
  /** Resolves with the URL of the page. Rejects with a sentence for the operator. */
  listen(at: { readonly host: string; readonly port: number }): Promise<string>;
  close(): Promise<void>;
}

/** What the listener serves and uses. */
export interface MetricsServerPorts {
  readonly page: MetricsPage;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** More connections than scrapers need; further ones are not accepted. */
const MOST_CONNECTIONS = 50;
const PATH = '/metrics';

async function replyTo(
  { method, url = '/' }: IncomingMessage,
  { page, log, requestIds }: MetricsServerPorts & { readonly requestIds: RequestIds },
): Promise<Reply> {
  const requestId = requestIds.next();
  try {
    if (method !== 'GET' || url.split('?', 1)[0] !== PATH)
      throw new Refusal(404, `There is nothing here but GET ${PATH}; the API is on another port`, { code: 'unknown-route' });
    const headers = { 'content-type': METRICS_TYPE, 'cache-control': 'no-store', 'x-request-id': requestId };
    return { status: 200, headers, body: await page.print() };
  } catch (error) {
    if (!(error instanceof Refusal)) log.error({ requestId, err: error }, 'the metrics could not be printed');
    return toErrorReply(error, { requestId, headers: {}, executed: 'no' });
  }
}

/** Makes the listener; `listen` opens it. */
export function createMetricsServer(given: MetricsServerPorts): MetricsServer {
  const ports = { ...given, requestIds: createRequestIds(given.random) };
  const limits = {
    maxHeaderSize: LIMITS.headerBytes,
    requestTimeout: LIMITS.requestTimeoutMs,
    headersTimeout: LIMITS.requestTimeoutMs,
    connectionsCheckingInterval: 1_000,
    requireHostHeader: false,
  };
  const server = createServer(limits, async (request, response) => {
    const { status, headers, body } = await replyTo(request, ports);
    response.writeHead(status, { ...headers, connection: 'close' });
    response.end(body);
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.on('clientError', (error, socket) => void answerOnSocket(socket, parserErrorReply(error, ports), { clock: ports.clock }));
  return {
    async listen(at) {
      try {
        return (await listenAt(server, at)) + PATH;
      } catch (error) {
        const sentence = explainListenFailure(error, { host: 'OPENKUPE_METRICS_HOST', port: 'OPENKUPE_METRICS_PORT' });
        throw sentence === undefined ? error : new Error(sentence, { cause: error });
      }
    },
    close() {
      const closed = closeListener(server);
      server.closeAllConnections();
      return closed;
    },
  };
}
