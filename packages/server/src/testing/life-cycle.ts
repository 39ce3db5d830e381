import type { InProcess, Received } from './in-process.ts';

/** Moves time until a GET of `path` satisfies `isReached`, at most `limitMs` of the server's own time. */
export async function advanceUntil(
  server: InProcess,
  path: string,
  isReached: (received: Received) => boolean,
  limitMs = 120_000,
): Promise<Received> {
  const STEP_MS = 500;
  for (let waitedMs = 0; waitedMs <= limitMs; waitedMs += STEP_MS) {
    const received = await server.send({ method: 'GET', path });
    if (isReached(received)) return received;
    await server.clock.advance(STEP_MS);
    // NOTE: the engine's TLS endpoint opens and closes on real sockets, which a manual clock cannot hurry.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`${path} did not get there within ${limitMs} ms`);
}

/** Waits for a phase of a cluster. */
export const untilPhase = (server: InProcess, path: string, phase: string) =>
  advanceUntil(server, path, ({ json }) => json?.status?.phase === phase);
