import type { Clock } from '@openkupe/contract';
import type { Client } from 'pg';

/** How often the connection is used, to notice a server that is gone without a word, or has become a standby. */
const CHECK_MS = 10_000;

/** Resolves once the signal aborts, the connection is lost, or it leads to a standby; rejects where the server does not answer. */
export async function untilLost(client: Client, clock: Pick<Clock, 'sleep'>, signal: AbortSignal): Promise<void> {
  const lost = new AbortController();
  client.once('end', () => lost.abort('lost'));
  const ended = AbortSignal.any([lost.signal, signal]);
  for (;;) {
    await clock.sleep(CHECK_MS, ended).catch(() => {});
    if (ended.aborted) return;
    const { rows } = await client.query<{ isStandby: boolean }>('SELECT pg_is_in_recovery() AS "isStandby"');
    if (rows[0]?.isStandby) return;
  }
}
