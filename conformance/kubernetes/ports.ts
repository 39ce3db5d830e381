import { createServer } from 'node:net';

/** Below the ports that the system gives to outgoing connections, one of which could take a port before its server has started. */
const LEAST = 10_000;
const MOST = 20_000;

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Different ports of this machine on which nothing listens at the moment. */
export async function hostPorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = LEAST + Math.floor(Math.random() * (MOST - LEAST));
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  return [...found];
}
