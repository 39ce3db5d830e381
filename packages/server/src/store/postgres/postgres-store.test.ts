import { join } from 'node:path';
import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { afterAll, beforeAll, describe } from 'vitest';
import { hasPostgres, NEEDS_POSTGRES, type PostgresServer, startPostgres } from '../../../../../conformance/postgres-server.ts';
import { describeStore } from '../store-conformance.ts';
import { openPostgresStore } from './postgres-store.ts';

describe.skipIf(!hasPostgres)(`on a real server ${NEEDS_POSTGRES}`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
    await server.createDatabase('store');
  });
  afterAll(() => server.stop());

  describeStore(
    'the PostgreSQL store',
    async () => {
      const { port, user, password } = server;
      const address = { host: '127.0.0.1', port, user, password, database: 'store', tls: false } as const;
      const clock = createManualClock();
      const folder = join(server.folder, 'data-folder');
      let store = await openPostgresStore({ address, folder, clock });
      return {
        clock,
        get store() {
          return store;
        },
        async reopen() {
          await store.close();
          store = await openPostgresStore({ address, folder, clock });
        },
        async discard() {
          await store.close();
          await server.sql('store', 'DROP SCHEMA openkupe CASCADE');
        },
      };
    },
    20,
  );
});
