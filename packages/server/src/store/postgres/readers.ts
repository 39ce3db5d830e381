import type { Client, Pool, QueryConfig, QueryResult, QueryResultRow } from 'pg';
import type { DatabaseAddress, ServerAddress } from '../database-address.ts';
import { createReadPool, endPool } from './connect.ts';
import type { Primary } from './primary.ts';
import type { Runner } from './statement.ts';
import { isConnectionLost } from './unavailable.ts';

/** The connections that reads run on, all of them to the primary. */
export interface Readers extends Runner {
  end(): Promise<void>;
}

/** A pool, and what is open of it. */
interface Opened {
  readonly server: ServerAddress;
  readonly pool: Pool;
  readonly clients: Set<Client>;
}

/** Whether a read may find another connection that works: of a single server that says nothing none does. */
function isWorthAnother(error: unknown, hasSeveral: boolean): boolean {
  return isConnectionLost(error) && (hasSeveral || !/timeout/i.test((error as Error).message));
}

/**
 * Reads from the primary. A read whose connection was lost is sent once more. Where there are several servers, the primary is looked for before
 * that, and connections to the one before are ended.
 */
export function createReaders(address: DatabaseAddress, primary: Primary): Readers {
  const hasSeveral = address.servers.length > 1;
  let opened = open(primary.server);

  function open(server: ServerAddress): Opened {
    const clients = new Set<Client>();
    const pool = createReadPool(address, server, primary.check);
    pool.on('connect', (client) => clients.add(client as Client));
    pool.on('remove', (client) => clients.delete(client as Client));
    return { server, pool, clients };
  }
  function current(): Pool {
    if (opened.server !== primary.server) {
      void endPool(opened.pool, opened.clients);
      opened = open(primary.server);
    }
    return opened.pool;
  }
  return {
    async query<Row extends QueryResultRow>(statement: QueryConfig): Promise<QueryResult<Row>> {
      try {
        return await current().query<Row>(statement);
      } catch (error) {
        if (!isWorthAnother(error, hasSeveral)) throw error;
        if (hasSeveral) await primary.find();
        return current().query<Row>(statement);
      }
    },
    end: () => endPool(opened.pool, opened.clients),
  };
}
