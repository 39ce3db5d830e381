import { afterEach, beforeEach, describe, expect, vi } from 'vitest';
import { createClient } from '../client.ts';
import { makeCluster, untilGone, untilPhase } from '../clusters.ts';
import { createFakeClock, type FakeClock, hasFaketime } from '../fake-clock.ts';
import { testOfOwnServer } from '../server-under-test.ts';
import { type StartedServer, startServer } from '../start-server.ts';

const HOUR = 3_600;
const DAY = 24 * HOUR;
const JUMPS = [
  ['an hour ahead', HOUR],
  ['an hour back', -HOUR],
  ['a day ahead', DAY],
  ['a day back', -DAY],
  ['40 days ahead', 40 * DAY],
] as const;
const SECONDS = {
  OPENKUPE_SANDBOX_PROVISIONING_SECONDS: '1',
  OPENKUPE_SANDBOX_UPGRADING_SECONDS: '1',
  OPENKUPE_SANDBOX_TERMINATING_SECONDS: '1',
};

let clock: FakeClock;
let server: StartedServer;
beforeEach(async () => {
  clock = await createFakeClock();
});
afterEach(async () => {
  await server?.stop();
  await clock.end();
});
const start = (dataFolder?: string) =>
  startServer({ variables: { ...SECONDS, ...clock.variables }, ...(dataFolder ? { dataFolder } : {}) });
const client = () => createClient(server);
const dateOf = async () => Date.parse(String((await client().call('GET', './clusters')).headers.date));

describe.skipIf(!hasFaketime)('a wall clock that is set (needs faketime)', () => {
  vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

  for (const [what, seconds] of JUMPS) {
    testOfOwnServer(`${what} and right again: a cluster goes through its life within seconds`, async () => {
      server = await start();
      clock.set(seconds);
      await vi.waitFor(async () => expect(Math.abs((await dateOf()) - Date.now() - seconds * 1_000)).toBeLessThan(10_000), 5_000);
      const { path } = await makeCluster(client(), { version: '1.32' });
      await untilPhase(client(), path, 'Provisioning');
      clock.set(0);
      await untilPhase(client(), path, 'Running');
      expect((await client().call('PATCH', path, { body: { version: '1.33' } })).status).toBe(200);
      clock.set(seconds);
      await untilPhase(client(), path, 'Running');
      expect((await client().call('DELETE', path)).status).toBe(204);
      clock.set(0);
      await untilGone(client(), path);
    });

    testOfOwnServer(`${what} while nothing runs: a cluster goes on within seconds of the start`, async () => {
      clock.set(Math.max(seconds, 0));
      server = await start();
      const { dataFolder } = server;
      const first = server;
      const { path } = await makeCluster(client());
      await untilPhase(client(), path, 'Provisioning');
      await first.kill();
      clock.set(Math.min(seconds, 0));
      server = await start(dataFolder);
      await untilPhase(client(), path, 'Running');
      await first.stop();
    });
  }
});
