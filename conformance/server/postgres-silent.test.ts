import { describe, expect, onTestFinished } from 'vitest';
import { createClient } from '../client.ts';
import { hasPostgres, NEEDS_POSTGRES, startPostgres } from '../postgres-server.ts';
import { testOfOwnServer } from '../server-under-test.ts';
import { startServer } from '../start-server.ts';
import { wayTo } from './kill/way.ts';

/** Less than the 30 s after which Kubernetes kills what it has asked to stop; a statement waits for 12 s, and a new connection for 5 s. */
const STOP_MS = 25_000;

const KEY = Buffer.alloc(32, 1).toString('base64url');
const SECRETS = JSON.stringify({ apiKeyPepper: KEY, answerKey: KEY });

describe.skipIf(!hasPostgres)(`a PostgreSQL that says nothing ${NEEDS_POSTGRES}`, () => {
  testOfOwnServer(
    'does not keep a process that was asked to stop',
    async () => {
      const postgres = await startPostgres();
      onTestFinished(() => postgres.stop());
      const way = await wayTo(postgres.port);
      onTestFinished(() => way.close());
      const url = new URL(await postgres.createDatabase('silent'));
      url.port = String(way.port);
      const variables = { OPENKUPE_DATABASE_URL: url.href, OPENKUPE_SECRETS: SECRETS };
      // NOTE: one that works and one that waits for its turn, each with a key whose use is yet to be written.
      const servers = [await startServer({ variables }), await startServer({ variables })];
      for (const server of servers) expect((await createClient(server).call('GET', '.')).status).toBe(200);
      way.silence();
      const began = performance.now();
      const endings = await Promise.all(servers.map((server) => server.stop()));
      expect(endings).toEqual(servers.map(() => ({ code: 0, signal: null })));
      expect(performance.now() - began).toBeLessThan(STOP_MS);
    },
    90_000,
  );
});
