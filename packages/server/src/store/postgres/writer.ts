import type { Client } from 'pg';
import type { Writer } from '../write-queue.ts';
import type { Settled, WriteRequest } from '../write-request.ts';
import { endClient } from './connect.ts';
import { CommitFailure, commitGroup } from './group-commit.ts';
import type { StoreClock } from './store-clock.ts';
import { isConnectionLost, isDataException, isRepeatable, unavailable } from './unavailable.ts';

interface WriterOptions {
  /** Opens a connection that pipelines and shows the presence of this process. */
  readonly connect: () => Promise<Client>;
  /** Whether a connection still leads to the primary; asked before a group is written on it. */
  readonly leadsToPrimary: (client: Client) => boolean;
  /** The first such connection. */
  readonly client: Client;
  readonly clock: StoreClock;
  readonly keptEvents: number;
  readonly sender: string;
}

/** How often a transaction is run that PostgreSQL has rolled back because of another one. */
const MOST_ATTEMPTS = 5;

const causeOf = (error: unknown) => (error instanceof CommitFailure ? error.cause : error);

/** Whether the change may stand although its transaction failed: PostgreSQL does not say that it does not, because the connection is gone. */
function mayStand(error: unknown): boolean {
  return error instanceof CommitFailure && isConnectionLost(error.cause);
}

/**
 * Whether to run a group again that failed the `count`-th time. Where a connection was lost that had worked, before anything was to be committed, a
 * new one is tried; where none can be opened, another attempt waits for nothing.
 */
function isWorthAnother(error: unknown, count: number, hadConnection: boolean): boolean {
  if (isRepeatable(causeOf(error))) return count < MOST_ATTEMPTS;
  return hadConnection && count === 1 && !(error instanceof CommitFailure) && isConnectionLost(error);
}

/** Writes on one connection, and on a new one after it was lost. */
export function createWriter({ connect, leadsToPrimary, client: first, clock, keptEvents, sender }: WriterOptions): Writer {
  const options = { clock, keptEvents, sender, given: { revision: 0, fence: 0 } };
  let client: Client | undefined;
  use(first);

  function use(opened: Client): Client {
    client = opened;
    opened.once('end', () => {
      if (client === opened) client = undefined;
    });
    return opened;
  }
  async function discard(): Promise<void> {
    const lost = client;
    client = undefined;
    if (lost) await endClient(lost);
  }
  async function attempt(group: readonly WriteRequest[]): Promise<readonly Settled[]> {
    if (client && !leadsToPrimary(client)) void discard();
    const current = client ?? use(await connect());
    try {
      return await commitGroup(current, options, group);
    } catch (error) {
      // NOTE: not waited for: the end of a connection that hangs takes a while.
      if (isConnectionLost(causeOf(error))) void discard();
      else await current.query('ROLLBACK').catch(discard);
      throw error;
    }
  }
  async function attemptAgain(group: readonly WriteRequest[]): Promise<readonly Settled[]> {
    for (let count = 1; ; count += 1) {
      const hadConnection = client !== undefined;
      try {
        return await attempt(group);
      } catch (error) {
        if (!isWorthAnother(error, count, hadConnection)) throw error;
      }
    }
  }

  return {
    async write(group) {
      try {
        return await attemptAgain(group);
      } catch (error) {
        const cause = causeOf(error);
        // One value that cannot be stored must not fail its neighbours: each of them gets a transaction.
        if (isDataException(cause) && group.length > 1) {
          const settled: Settled[] = [];
          for (const request of group) settled.push(...(await this.write([request])));
          return settled;
        }
        const failed = { error: unavailable(cause, mayStand(error) ? 'unknown' : 'no') };
        return group.map(() => failed);
      }
    },
    close: discard,
  };
}
