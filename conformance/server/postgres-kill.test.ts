import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect } from 'vitest';
import { hasPostgres, NEEDS_POSTGRES, startPostgres } from '../postgres-server.ts';
import { testOfOwnServer } from '../server-under-test.ts';
import { startServer } from '../start-server.ts';
import { checkSurvivors } from './kill/check-survivors.ts';
import { RECOVERY_MS, startPatientWriters, WRITERS } from './kill/patient-writers.ts';
import { QUICK } from './kill/quick-settings.ts';
import { ROUND_MS, ROUNDS, reportRounds } from './kill/rounds.ts';
import { buildStallingDisk } from './kill/stalling-disk.ts';
import { type Way, wayTo } from './kill/way.ts';
import { startWriters } from './kill/writers.ts';

/** How long a network is silent or a disk stands still: less and more than the 12 s that an answer of the database may take. */
const SHORT_MS = 1_000;
const LONG_MS = 13_000;

/** How long a stop may take where the database does not answer: an answer that is waited for, and two attempts to connect. */
const STOP_MS = 30_000;

type Postgres = Awaited<ReturnType<typeof startPostgres>>;

/** Rounds of an outage, all of them on the same server and database, under {@link WRITERS} writers that go on. */
async function runRounds(
  what: string,
  environment: Readonly<Record<string, string>>,
  outage: (postgres: Postgres, way: Way, round: number) => Promise<void>,
): Promise<void> {
  const postgres = await startPostgres(['fsync=on'], environment);
  const way = await wayTo(postgres.port);
  const url = (await postgres.createDatabase('killed')).replace(`:${postgres.port}/`, `:${way.port}/`);
  const server = await startServer({ variables: { ...QUICK, OPENKUPE_DATABASE_URL: url } });
  const recoveryMs: number[] = [];
  try {
    const writers = await startPatientWriters([server]);
    for (let round = 1; round <= ROUNDS; round += 1) {
      await writers.untilEach(1 + (round % 3));
      await outage(postgres, way, round);
      recoveryMs.push(await writers.untilEach(1));
    }
    await writers.end();
    reportRounds(what, { acknowledged: writers.acknowledged, unavailable: writers.outages.length, recoveryMs });
    expect(Math.max(...recoveryMs)).toBeLessThan(RECOVERY_MS);
  } finally {
    await server.stop();
    way.close();
    await postgres.stop();
  }
}

describe.skipIf(!hasPostgres)(`32 writers lose nothing that was acknowledged, and meet only 503 with Retry-After ${NEEDS_POSTGRES}`, () => {
  testOfOwnServer(
    'while PostgreSQL is killed and started again',
    () =>
      runRounds('kill -9 of PostgreSQL', {}, async (postgres) => {
        await postgres.kill();
        await sleep(500);
        await postgres.start();
      }),
    ROUNDS * ROUND_MS,
  );

  testOfOwnServer(
    'while the network is silent, for a second, and for longer than any answer may take',
    () =>
      runRounds('a silent network', {}, async (_, way, round) => {
        way.silence();
        await sleep(round % 2 === 1 ? SHORT_MS : LONG_MS);
        if (round % 2 === 1) way.restore();
        else way.cut();
      }),
    ROUNDS * ROUND_MS,
  );

  testOfOwnServer(
    'and the control plane stops when it is asked to, while the network is silent',
    async () => {
      const postgres = await startPostgres();
      const way = await wayTo(postgres.port);
      const url = (await postgres.createDatabase('stopped')).replace(`:${postgres.port}/`, `:${way.port}/`);
      const server = await startServer({ variables: { ...QUICK, OPENKUPE_DATABASE_URL: url } });
      try {
        way.silence();
        const began = performance.now();
        expect(await server.stop()).toEqual({ code: 0, signal: null });
        expect(performance.now() - began).toBeLessThan(STOP_MS);
      } finally {
        way.close();
        await postgres.stop();
      }
    },
    ROUND_MS,
  );

  testOfOwnServer(
    'while the control plane is killed and started again, which leaves nothing half there',
    async () => {
      const postgres = await startPostgres(['fsync=on']);
      const recoveryMs: number[] = [];
      let acknowledged = 0;
      try {
        for (let round = 1; round <= ROUNDS; round += 1) {
          const variables = { ...QUICK, OPENKUPE_DATABASE_URL: await postgres.createDatabase(`kept_${round}`) };
          const first = await startServer({ variables });
          const writers = await startWriters(first, WRITERS);
          await writers.runUntil(150 + ((round * 37) % 250));
          await first.kill();
          const ledger = await writers.ledger();
          const began = performance.now();
          const second = await startServer({ variables, dataFolder: first.dataFolder });
          recoveryMs.push(performance.now() - began);
          await checkSurvivors({ ...second, apiKey: first.apiKey }, ledger);
          acknowledged += ledger.acknowledged;
          await second.stop();
          await first.stop();
          await postgres.sql('postgres', `DROP DATABASE kept_${round} WITH (FORCE)`);
        }
        reportRounds('kill -9 of the control plane', { acknowledged, unavailable: 0, recoveryMs });
      } finally {
        await postgres.stop();
      }
    },
    ROUNDS * ROUND_MS,
  );
});

const disk = buildStallingDisk();
afterAll(() => disk?.discard());

describe.skipIf(!hasPostgres || !disk)('32 writers (needs Linux, PostgreSQL 15 or newer, and a C compiler)', () => {
  testOfOwnServer(
    'wait while the disk of PostgreSQL stands still, and lose nothing where it is killed then',
    () =>
      runRounds('a stalled disk', disk?.preload ?? {}, async (postgres, _, round) => {
        disk?.stall();
        await sleep(SHORT_MS);
        if (round % 2 === 0) await postgres.kill();
        disk?.goOn();
        if (round % 2 === 0) await postgres.start();
      }),
    ROUNDS * ROUND_MS,
  );
});
