import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** The address of everything that this engine starts. */
export const HOST = '127.0.0.1';

/** The port itself if it is free on loopback, another free one if not; 0 asks for any. */
export async function freePort(wanted = 0): Promise<number> {
  const server = createServer();
  server.listen({ host: HOST, port: wanted });
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (wanted === 0 || (code !== 'EADDRINUSE' && code !== 'EACCES')) throw error;
    return freePort();
  }
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
