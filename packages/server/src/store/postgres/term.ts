import type { Clock } from '@openkupe/contract';
import type { Client } from 'pg';
import type { Term } from '../term.ts';
import { WORKING_LOCK } from './advisory-locks.ts';
import { endClient } from './connect.ts';
import { lockHead } from './head.ts';
import { untilLost } from './until-lost.ts';
import { endLeases } from './work.ts';

/** How often a process that waits asks whether it may work: how long work lies after the process before has stopped. */
const ASK_MS = 250;
/** How long to wait before a connection that was lost is opened again. */
const RETRY_MS = 1_000;

/**
 * What PostgreSQL does about a process whose machine or network is down: after 25 s of silence its session ends, and with it the lock. A process
 * that was killed ends its session at once. Over a Unix socket it has no effect.
 */
const KEEPALIVE = 'SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3';

/** What {@link beginTerm} needs. */
export interface TermPorts {
  /** Opens a connection whose session holds the lock. */
  readonly connect: () => Promise<Client>;
  /** Rejects where such a connection must not be used any more, because the server is not the primary. */
  readonly check: (client: Client) => Promise<unknown>;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** Ends the leases of the terms before, under the lock by which everything is written: a process that lost its term finds its fences invalid. */
async function endEarlierLeases(client: Client): Promise<void> {
  await client.query('BEGIN');
  await lockHead(client);
  await endLeases(client);
  await client.query('COMMIT');
}

function hold(client: Client, ports: TermPorts): Term {
  const lost = new AbortController();
  const ending = new AbortController();
  const held = untilLost(client, ports, ending.signal)
    .catch(() => {})
    .then(async () => {
      if (!ending.signal.aborted) lost.abort('lost');
      await endClient(client);
    });
  return {
    lost: lost.signal,
    async end() {
      ending.abort('ended');
      await held;
    },
  };
}

/** A term that lasts as long as a session holds an advisory lock, which PostgreSQL gives to one session at a time. */
export async function beginTerm(ports: TermPorts, signal: AbortSignal): Promise<Term | undefined> {
  const { connect, check, clock } = ports;
  const pause = (ms: number) => clock.sleep(ms, signal).catch(() => {});
  while (!signal.aborted) {
    let client: Client | undefined;
    try {
      client = await connect();
      await client.query(KEEPALIVE);
      for (; !signal.aborted; await pause(ASK_MS)) {
        const { rows } = await client.query<{ isFirst: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS "isFirst"', [...WORKING_LOCK]);
        if (!rows[0]?.isFirst) continue;
        await check(client);
        await endEarlierLeases(client);
        return hold(client, ports);
      }
    } catch {
      await pause(RETRY_MS);
    }
    if (client) await endClient(client);
  }
  return undefined;
}
