import type { Clock } from '@openkupe/contract';
import type { Client } from 'pg';
import { endClient } from './connect.ts';
import { type Runner, run, type Statement } from './statement.ts';
import { untilLost } from './until-lost.ts';

/** Channels are per database. */
const CHANNEL = 'openkupe_commits';
const ANNOUNCE: Statement = { name: 'announce', text: `SELECT pg_notify('${CHANNEL}', $1)` };

/** How long to wait before a connection that was lost is opened again. Meanwhile the readers of the store poll. */
const RETRY_MS = 1_000;

/** Sends, as a part of a transaction, that it has woken work or appended events; other processes receive it once that has committed. */
export async function announce(on: Runner, sender: string): Promise<void> {
  await run(on, ANNOUNCE, sender);
}

/** What {@link listenForCommits} needs. */
export interface ListeningPorts {
  /** Opens a connection for nothing but this: what is announced arrives only between statements. */
  readonly connect: () => Promise<Client>;
  /** Rejects where that connection must not be used any more, because the server is not the primary. */
  readonly check: (client: Client) => Promise<unknown>;
  readonly clock: Pick<Clock, 'sleep'>;
  /** What this process announces itself as; its own announcements are ignored. */
  readonly sender: string;
  readonly onCommit: () => void;
  /** Called once it listens, or could not at the first attempt; also after each later one. */
  readonly onTried: () => void;
}

/**
 * Reports the commits of other processes (LISTEN) until the signal aborts. A lost connection is opened again; after each opening one commit is
 * reported, because what was announced before is lost.
 */
export async function listenForCommits(ports: ListeningPorts, signal: AbortSignal): Promise<void> {
  const { connect, clock, sender, onCommit, onTried } = ports;
  while (!signal.aborted) {
    let client: Client | undefined;
    const end = () => void (client && endClient(client));
    signal.addEventListener('abort', end);
    try {
      client = await connect();
      client.on('notification', ({ payload }) => {
        if (payload !== sender) onCommit();
      });
      await client.query(`LISTEN ${CHANNEL}`);
      onCommit();
      onTried();
      await untilLost(client, ports, signal);
    } catch {
      // NOTE: the next read or write reports what is wrong with it.
    }
    onTried();
    signal.removeEventListener('abort', end);
    if (client) await endClient(client);
    if (!signal.aborted) await clock.sleep(RETRY_MS, signal).catch(() => {});
  }
}
