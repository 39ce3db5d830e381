import { describe, expect } from 'vitest';
import { hasHaproxy, startHaproxy } from '../haproxy.ts';
import { BEHIND_HAPROXY, frontendOfReplicas } from '../haproxy-of-replicas.ts';
import { hasPostgres, NEEDS_POSTGRES } from '../postgres-server.ts';
import { startReplicas } from '../replicas.ts';
import { testOfOwnServer } from '../server-under-test.ts';
import type { StartedServer } from '../start-server.ts';
import { RECOVERY_MS, startPatientWriters, WRITERS } from './kill/patient-writers.ts';
import { QUICK } from './kill/quick-settings.ts';
import { ROUND_MS, ROUNDS, reportRounds } from './kill/rounds.ts';

describe.skipIf(!hasPostgres || !hasHaproxy)(
  `kill -9 of a replica under ${WRITERS} writers through haproxy ${NEEDS_POSTGRES}, and haproxy)`,
  () => {
    testOfOwnServer(
      `loses nothing that was acknowledged, in ${ROUNDS} rounds; every answer is one of the API or 503 with the envelope`,
      async () => {
        const variables = { ...QUICK, ...BEHIND_HAPROXY };
        const replicas = await startReplicas(variables, { settings: ['fsync=on'] });
        const lost: Error[] = [];
        let proxy: Awaited<ReturnType<typeof startHaproxy>> | undefined;
        try {
          const { first } = replicas;
          const pair = [first, await replicas.add()];
          // NOTE: a replica that is started again has the port that the proxy knows.
          const portOf = (server: StartedServer) => ({ OPENKUPE_PORT: new URL(server.host).port });
          proxy = await startHaproxy([frontendOfReplicas(pair)]);
          const writers = await startPatientWriters([{ ...first, host: proxy.urls[0] ?? '' }], lost);
          const recoveryMs: number[] = [];

          for (let round = 0; round < ROUNDS; round += 1) {
            await writers.untilEach(2 + (round % 3));
            const at = round % 2;
            const victim = pair[at] as StartedServer;
            await victim.kill();
            recoveryMs.push(await writers.untilEach(1));
            pair[at] = await replicas.restart(victim, portOf(victim));
          }
          await writers.end();
          expect(Math.max(...recoveryMs)).toBeLessThan(RECOVERY_MS);
          // NOTE: of each writer one write may be under way on the replica that is killed.
          expect(lost.length).toBeLessThanOrEqual(WRITERS * ROUNDS);
          console.log(`${lost.length} writes were under way on a replica that was killed, and lost their connection`);
          const { acknowledged, outages } = writers;
          reportRounds('kill -9 of a replica', { acknowledged, unavailable: outages.length, recoveryMs });
        } finally {
          await proxy?.stop();
          await replicas.stop();
        }
      },
      ROUND_MS * ROUNDS,
    );
  },
);
