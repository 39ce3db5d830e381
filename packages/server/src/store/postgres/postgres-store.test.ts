import { join } from 'node:path';
import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { afterAll, beforeAll, describe } from 'vitest';
import { hasPostgres, NEEDS_POSTGRES, type PostgresServer, startPostgres } from '../../../../../conformance/postgres-server.ts';
import { describeStore } from '../store-conformance.ts';
import { openPostgresStore } from './postgres-store.ts';

describe.skipIf(!hasPostgres)(`on a real server ${NEEDS_POSTGRES}`, () => {
  let server: PostgresServer;
  let count = 0;
  beforeAll(async () => {
    server = await startPostgres();
    await server.createDatabase('store');
  });
  afterAll(() => server.stop());

  describeStore(
    'the PostgreSQL store',
    async () => {
      const { port, user, password } = server;
      const address = { servers: [{ host: '127.0.0.1', port }], user, password, database: 'store', tls: false } as const;
      const clock = createManualClock();
      // NOTE: a test that timed out may have left its store open, and data.
      count += 1;
      const folder = join(server.folder, `data-folder-${count}`);
      await server.sql('store', `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${user}'`);
      await server.sql('store', 'DROP SCHEMA IF EXISTS openkupe CASCADE');
      let store = await openPostgresStore({ address, folder, clock });
      return {
        clock,
        get store() {
          return store;
        },
        async reopen() {
          await store.close();
          store = await openPostgresStore({ address, folder, clock });
          // NOTE: the leases of the process before end with its term.
          await (await store.beginTerm(new AbortController().signal))?.end();
        },
        discard: () => store.close(),
      };
    },
    10,
  );
});
