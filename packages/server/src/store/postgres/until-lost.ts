import type { Clock } from '@openkupe/contract';
import type { Client } from 'pg';

/** How often the connection is used, to notice a server that does not answer any more, or is no longer the primary. */
const CHECK_MS = 10_000;

/** Resolves once the signal aborts or the connection is lost; rejects where `check` does. */
export async function untilLost(
  client: Client,
  { clock, check }: { readonly clock: Pick<Clock, 'sleep'>; readonly check: (client: Client) => Promise<unknown> },
  signal: AbortSignal,
): Promise<void> {
  const lost = new AbortController();
  client.once('end', () => lost.abort('lost'));
  const ended = AbortSignal.any([lost.signal, signal]);
  const whenEnded = new Promise<void>((resolve) => ended.addEventListener('abort', () => resolve(), { once: true }));
  for (;;) {
    await clock.sleep(CHECK_MS, ended).catch(() => {});
    if (ended.aborted) return;
    // NOTE: a stop does not wait for a server that says nothing.
    await Promise.race([check(client), whenEnded]);
  }
}
