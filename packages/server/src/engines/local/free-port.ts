import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Clock } from '@openkupe/contract';

/** The address of everything that this engine starts. */
export const HOST = '127.0.0.1';

/** A process that was killed holds its port until the last of its threads has ended. */
const PATIENCE_MS = 3_000;
const POLL_MS = 50;

/** Any free port on loopback. */
export const freePort = () => listenOn(0);

/**
 * The port itself if it is free on loopback, or becomes so within three seconds, because clients know it and its last process may be about to end;
 * another free one if not.
 */
export async function keptPort(wanted: number, clock: Pick<Clock, 'monotonic' | 'sleep'>): Promise<number> {
  for (const beganMs = clock.monotonic(); ; await clock.sleep(POLL_MS)) {
    try {
      return await listenOn(wanted);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE' && clock.monotonic() - beganMs < PATIENCE_MS) continue;
      if (code === 'EADDRINUSE' || code === 'EACCES') return freePort();
      throw error;
    }
  }
}

async function listenOn(wanted: number): Promise<number> {
  const server = createServer();
  server.listen({ host: HOST, port: wanted });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
