import { afterAll, beforeAll } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../../../../conformance/postgres-server.ts';
import type { DatabaseAddress } from '../../database-address.ts';

/** A server that one test file shares, and databases on it that no two tests share. */
export interface ThrowAwayDatabases {
  readonly server: PostgresServer;
  /** Makes an empty database. */
  make(): Promise<DatabaseAddress & { readonly url: string }>;
}

/** Starts a PostgreSQL server before the tests of a suite, and stops it after them. */
export function throwAwayDatabases(settings: readonly string[] = []): ThrowAwayDatabases {
  let started: PostgresServer | undefined;
  let count = 0;
  const current = () => {
    if (!started) throw new Error('The server is started in beforeAll; use it inside a test');
    return started;
  };
  beforeAll(async () => {
    started = await startPostgres(settings);
  });
  afterAll(() => started?.stop());
  return {
    get server() {
      return current();
    },
    async make() {
      count += 1;
      const database = `test_${count}`;
      const url = await current().createDatabase(database);
      const { port, user, password } = current();
      return { servers: [{ host: '127.0.0.1', port }], user, password, database, tls: false, url };
    },
  };
}
