import { describe, expect } from 'vitest';
import { hasPostgres, NEEDS_POSTGRES } from '../postgres-server.ts';
import { startReplicas } from '../replicas.ts';
import { testOfOwnServer } from '../server-under-test.ts';
import { hasValkey, startValkey } from '../valkey-server.ts';
import { RECOVERY_MS, startPatientWriters, WRITERS } from './kill/patient-writers.ts';
import { QUICK } from './kill/quick-settings.ts';
import { ROUND_MS, ROUNDS, reportRounds } from './kill/rounds.ts';

describe.skipIf(!hasPostgres || !hasValkey)(
  `${WRITERS} writers on two processes that share the limit of an address ${NEEDS_POSTGRES}, and Valkey or Redis)`,
  () => {
    testOfOwnServer(
      `go on while Valkey is killed or stopped, and after it is back, in ${ROUNDS} rounds: nothing is lost, and no answer is an error`,
      async () => {
        const valkey = await startValkey();
        const replicas = await startReplicas({ ...QUICK, OPENKUPE_VALKEY_URL: `${valkey.url}/0` }, { settings: ['fsync=on'] });
        const recoveryMs: number[] = [];
        try {
          const writers = await startPatientWriters([replicas.first, await replicas.add()]);
          for (let round = 0; round < ROUNDS; round += 1) {
            await writers.untilEach(1);
            if (round % 2 === 0) await valkey.kill();
            else valkey.pause();
            recoveryMs.push(await writers.untilEach(1 + (round % 3)));
            if (round % 2 === 0) await valkey.start();
            else valkey.resume();
          }
          await writers.end();
          reportRounds('Valkey killed or stopped', { acknowledged: writers.acknowledged, unavailable: writers.outages.length, recoveryMs });
          expect(writers.outages).toEqual([]);
          expect(Math.max(...recoveryMs)).toBeLessThan(RECOVERY_MS);
        } finally {
          valkey.resume();
          await replicas.stop();
          await valkey.kill();
        }
      },
      ROUNDS * ROUND_MS,
    );
  },
);
