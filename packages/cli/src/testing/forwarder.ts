import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy in front of a server, which sees every request. */
export interface Forwarder {
  readonly host: string;
  /** `GET /api/v1/tenants/acme`, in order, without what follows a `?`. */
  readonly seen: string[];
  /** Called before a request is passed on. */
  before: (line: string) => Promise<void> | void;
  close(): Promise<void>;
}

/** Starts a forwarder to `target` on a free port of this machine. */
export async function startForwarder(target: string): Promise<Forwarder> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const forwarder: Forwarder = {
    host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    before: () => {},
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  server.on('request', async (incoming, response) => {
    const { method = '', url = '', headers } = incoming;
    const line = `${method} ${url.split('?')[0]}`;
    forwarder.seen.push(line);
    await forwarder.before(line);
    const onward = request(`${target}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  return forwarder;
}
