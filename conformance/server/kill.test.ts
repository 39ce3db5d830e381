import { describe, expect } from 'vitest';
import { testOfOwnServer } from '../server-under-test.ts';
import { startServer } from '../start-server.ts';
import { checkSurvivors } from './kill/check-survivors.ts';
import { QUICK } from './kill/quick-settings.ts';
import { ROUND_MS, ROUNDS } from './kill/rounds.ts';
import { startWriters } from './kill/writers.ts';

const WRITERS = 32;

/** The power fails after this many writes, a few more each round, so that it meets the writers at different steps. */
const writesBefore = (round: number) => 150 + ((round * 37) % 250);

describe('kill -9 while many write', () => {
  for (let round = 1; round <= ROUNDS; round += 1) {
    testOfOwnServer(
      `round ${round}: what was acknowledged is there, and nothing is half there`,
      async () => {
        const first = await startServer({ variables: QUICK });
        const writers = await startWriters(first, WRITERS);
        await writers.runUntil(writesBefore(round));
        expect(await first.kill()).toEqual({ code: null, signal: 'SIGKILL' });
        const ledger = await writers.ledger();
        expect(ledger.acknowledged).toBeGreaterThanOrEqual(writesBefore(round));

        const second = await startServer({ variables: QUICK, dataFolder: first.dataFolder });
        try {
          // NOTE: with the key of before, which has to work still, and whose repeats alone get the answers of before.
          await checkSurvivors({ ...second, apiKey: first.apiKey }, ledger);
        } finally {
          await second.stop();
          await first.stop();
        }
      },
      ROUND_MS,
    );
  }
});
