import type { Client } from 'pg';
import type { Settled, WriteRequest } from '../sqlite/write-request.ts';
import { CommitFailure, commitGroup } from './group-commit.ts';
import type { StoreClock } from './store-clock.ts';
import { isConnectionLost, isDataException, isRepeatable, unavailable } from './unavailable.ts';

/** The connection that writes. One group at a time. */
export interface Writer {
  write(group: readonly WriteRequest[]): Promise<readonly Settled[]>;
  close(): Promise<void>;
}

interface WriterOptions {
  /** Opens a connection that pipelines and shows the presence of this process. */
  readonly connect: () => Promise<Client>;
  /** The first such connection. */
  readonly client: Client;
  readonly clock: StoreClock;
  readonly keptEvents: number;
}

/** How often a transaction is run that PostgreSQL has rolled back because of another one. */
const MOST_ATTEMPTS = 5;

/** Whether the change may stand although its transaction failed: PostgreSQL does not say that it does not, because the connection is gone. */
function mayStand(error: unknown): boolean {
  return error instanceof CommitFailure && isConnectionLost(error.cause);
}

/** Writes on one connection, and on a new one after it was lost. */
export function createWriter({ connect, client: first, clock, keptEvents }: WriterOptions): Writer {
  let client: Client | undefined = first;

  async function discard(): Promise<void> {
    const lost = client;
    client = undefined;
    await lost?.end().catch(() => {});
  }
  async function attempt(group: readonly WriteRequest[]): Promise<readonly Settled[]> {
    client ??= await connect();
    try {
      return await commitGroup(client, clock, keptEvents, group);
    } catch (error) {
      const cause = error instanceof CommitFailure ? error.cause : error;
      // NOTE: not waited for, because ending a connection that hangs may take long.
      if (isConnectionLost(cause)) void discard();
      else await client?.query('ROLLBACK').catch(discard);
      throw error;
    }
  }
  async function attemptAgain(group: readonly WriteRequest[]): Promise<readonly Settled[]> {
    for (let count = 1; ; count += 1) {
      try {
        return await attempt(group);
      } catch (error) {
        const cause = error instanceof CommitFailure ? error.cause : error;
        if (count === MOST_ATTEMPTS || !isRepeatable(cause)) throw error;
      }
    }
  }

  return {
    async write(group) {
      try {
        return await attemptAgain(group);
      } catch (error) {
        const cause = error instanceof CommitFailure ? error.cause : error;
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
