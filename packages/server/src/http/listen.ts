import { once } from 'node:events';
import type { Server } from 'node:http';

/** Resolves with the URL of a server once it listens; port 0 is any free port. Rejects with Node's error. */
export async function listenAt(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<string> {
  server.listen({ host, port });
  await once(server, 'listening');
  const address = server.address();
  const bound = typeof address === 'object' && address ? address.port : port;
  return `${'setSecureContext' in server ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${bound}`;
}

/** Stops listening, and closes idle connections. Resolves once all are closed; at once where the server does not listen. */
export function closeListener(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => void server.close(() => resolve()));
}
