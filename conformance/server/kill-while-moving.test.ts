import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '@openkupe/contract';
import { describe, expect } from 'vitest';
import { createClient } from '../client.ts';
import { untilPhase } from '../clusters.ts';
import { testOfOwnServer } from '../server-under-test.ts';
import { startServer } from '../start-server.ts';

const VARIABLES = {
  OPENKUPE_SANDBOX_PROVISIONING_SECONDS: '1',
  OPENKUPE_RATE_LIMIT_PER_SECOND: '100000',
  OPENKUPE_RATE_LIMIT_BURST: '100000',
};
/** More than the reconciler works on side by side, so that some are in its hands at any moment. */
const CLUSTERS = 12;
const GOES_ON_MS = 2_000;
const names = Array.from({ length: CLUSTERS }, (_, index) => `moving-${index}`);

describe('kill -9 while clusters are made', () => {
  testOfOwnServer(
    'all of them go on within 2 s of the next start, because the leases of the killed process are not waited for',
    async () => {
      const first = await startServer({ variables: VARIABLES });
      const before = createClient(first);
      await before.call('PATCH', '.', { body: { plan: 'enterprise' } });
      // NOTE: killed while the creates are answered: the work that they woke is leased at that moment.
      await Promise.all(names.map((name) => before.call('POST', './clusters', { body: { name } })));
      await first.kill();
      await sleep(1_000);

      const second = await startServer({ variables: VARIABLES, dataFolder: first.dataFolder });
      try {
        const readyAt = Date.now();
        const client = createClient({ ...second, apiKey: first.apiKey });
        const { body } = await client.call<{ items: Cluster[] }>('GET', './clusters');
        expect(body.items).toHaveLength(CLUSTERS);
        await Promise.all(names.map((name) => untilPhase(client, `./clusters/${name}`, 'Running')));
        expect(Date.now() - readyAt).toBeLessThan(GOES_ON_MS + 1_000);
      } finally {
        await second.stop();
        await first.stop();
      }
    },
    60_000,
  );
});
