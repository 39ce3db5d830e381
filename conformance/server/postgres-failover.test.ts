import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { createClient } from '../client.ts';
import { hasPostgres, NEEDS_POSTGRES, startPostgres } from '../postgres-server.ts';
import { testOfOwnServer } from '../server-under-test.ts';
import { startServer } from '../start-server.ts';
import { RECOVERY_MS, startPatientWriters } from './kill/patient-writers.ts';
import { QUICK } from './kill/quick-settings.ts';
import { ROUND_MS, reportRounds } from './kill/rounds.ts';

const DATABASE = 'moved';
const SECRETS = JSON.stringify({
  apiKeyPepper: Buffer.alloc(32, 1).toString('base64url'),
  answerKey: Buffer.alloc(32, 2).toString('base64url'),
});
/** How long it takes until a standby is promoted, after its primary is gone. */
const PROMOTION_MS = 3_000;

describe.skipIf(!hasPostgres)(
  `a primary that is killed under 32 writers on two processes, its synchronous standby promoted ${NEEDS_POSTGRES}`,
  () => {
    testOfOwnServer(
      'takes nothing with it that was acknowledged, and no write when it is back; every process writes again within 15 s',
      async () => {
        const primary = await startPostgres(['fsync=on']);
        const { user, password } = primary;
        await primary.createDatabase(DATABASE);
        const standby = await primary.standby();
        const hosts = [primary, standby].map(({ port }) => `127.0.0.1:${port}`).join();
        const variables = {
          ...QUICK,
          OPENKUPE_DATABASE_URL: `postgresql://${user}:${password}@${hosts}/${DATABASE}?target_session_attrs=read-write`,
          OPENKUPE_SECRETS: SECRETS,
        };
        const first = await startServer({ variables });
        const second = await startServer({ variables: variables });
        try {
          const writers = await startPatientWriters([first, second]);
          await writers.untilEach(5);
          await primary.kill();
          await sleep(PROMOTION_MS);
          expect(writers.outages.length).toBeGreaterThan(0);
          await standby.sql('postgres', 'SELECT pg_promote()');
          const recoveryMs = await writers.untilEach(1);
          reportRounds('failover', { acknowledged: writers.acknowledged, unavailable: writers.outages.length, recoveryMs: [recoveryMs] });
          expect(recoveryMs).toBeLessThan(RECOVERY_MS);

          // The former primary comes back and would take writes alone; every connection is opened again.
          await primary.start();
          await primary.sql('postgres', `ALTER SYSTEM SET synchronous_standby_names = ''`);
          await primary.sql('postgres', 'SELECT pg_reload_conf()');
          const before = await primary.sql(DATABASE, 'SELECT revision FROM openkupe.head');
          await standby.sql('postgres', `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${user}'`);
          expect(await writers.untilEach(3)).toBeLessThan(RECOVERY_MS);
          expect(await primary.sql(DATABASE, 'SELECT revision FROM openkupe.head')).toBe(before);
          await writers.end();

          // Where it alone answers nothing is read from it.
          await standby.kill();
          for (const { host } of [first, second]) {
            const client = createClient({ ...first, host });
            const { status, headers } = await client.call('GET', './clusters/counter');
            expect([status, Number(headers['retry-after']) > 0]).toEqual([503, true]);
          }
          expect(await primary.sql(DATABASE, 'SELECT revision FROM openkupe.head')).toBe(before);
        } finally {
          await second.stop();
          await first.stop();
          await standby.stop();
          await primary.stop();
        }
      },
      ROUND_MS,
    );
  },
);
