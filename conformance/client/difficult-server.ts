import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** One answer. `lost` executes and then breaks the connection, so that the client never learns of it. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly isLost?: boolean;
  /** How long the answer is held back, so that requests are in flight together. */
  readonly heldMs?: number;
}

/** What a client sent, and when, in milliseconds since the first request. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  readonly atMs: number;
}

export interface DifficultServer {
  readonly host: string;
  readonly received: readonly Received[];
  close(): Promise<void>;
}

/** Serves one scenario on a free port of loopback: `answer` decides from what was received so far, the last being the present one. */
export async function startDifficultServer(answer: (received: readonly Received[]) => Reply): Promise<DifficultServer> {
  const received: Received[] = [];
  let firstAt: number | undefined;
  const server = http.createServer((request, response) => {
    firstAt ??= performance.now();
    const atMs = performance.now() - firstAt;
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      received.push({ method, path, headers, body: Buffer.concat(parts).toString('utf8'), atMs });
      const { status, headers: given = {}, body, isLost = false, heldMs = 0 } = answer(received);
      if (isLost) {
        request.socket.destroy();
        return;
      }
      setTimeout(() => {
        response.writeHead(status, { 'Content-Type': 'application/json', ...given });
        response.end(body === undefined ? undefined : JSON.stringify(body));
      }, heldMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
