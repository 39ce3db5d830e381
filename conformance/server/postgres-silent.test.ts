import { describe, expect, onTestFinished } from 'vitest';
import { hasPostgres, NEEDS_POSTGRES, startPostgres } from '../postgres-server.ts';
import { testOfOwnServer } from '../server-under-test.ts';
import { startServer } from '../start-server.ts';
import { wayTo } from './kill/way.ts';

/** Less than the 30 s after which Kubernetes kills what it has asked to stop; a statement waits for 12 s, and a new connection for 5 s. */
const STOP_MS = 25_000;

describe.skipIf(!hasPostgres)(`a PostgreSQL that says nothing ${NEEDS_POSTGRES}`, () => {
  testOfOwnServer('does not keep a process that was asked to stop', async () => {
    const postgres = await startPostgres();
    onTestFinished(() => postgres.stop());
    const way = await wayTo(postgres.port);
    onTestFinished(() => way.close());
    const url = new URL(await postgres.createDatabase('silent'));
    url.port = String(way.port);
    const server = await startServer({ variables: { OPENKUPE_DATABASE_URL: url.href } });
    way.silence();
    const began = performance.now();
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - began).toBeLessThan(STOP_MS);
  });
});
