import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The server of the redirect URI of a browser sign-in (RFC 8252 §7.3). */
export interface CallbackServer {
  /** `http://localhost:<port>/callback` */
  readonly redirectUri: string;
  /** The first request of the browser; its response is sent by `finish`. */
  readonly answer: Promise<URL>;
  /** Responds with this sentence, and closes. */
  finish(sentence: string): Promise<void>;
}

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  connection: 'close',
};

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function page(sentence: string): string {
  return `<!doctype html><html lang="en"><title>openkupe</title><p>${sentence.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)}</p></html>`;
}

/** Starts to listen on a free port of this machine, on both addresses that `localhost` can mean. */
export async function startCallbackServer(): Promise<CallbackServer> {
  let arrived: (url: URL) => void = () => {};
  const answer = new Promise<URL>((resolve) => {
    arrived = resolve;
  });
  let waiting: ServerResponse | undefined;
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (request.method !== 'GET' || url.pathname !== '/callback' || waiting) {
      response.writeHead(404, HEADERS).end();
      return;
    }
    waiting = response;
    arrived(url);
  };
  const servers = [createServer(handle), createServer(handle)] as const;
  const port = await listen(servers[0], 0, '127.0.0.1');
  // NOTE: a machine without IPv6 has one address only.
  await listen(servers[1], port, '::1').catch(() => undefined);
  return {
    redirectUri: `http://localhost:${port}/callback`,
    answer,
    async finish(sentence) {
      await new Promise<void>((resolve) => {
        if (!waiting || waiting.destroyed) resolve();
        else waiting.once('close', resolve).writeHead(200, HEADERS).end(page(sentence));
      });
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}
