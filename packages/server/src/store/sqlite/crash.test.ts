import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { expect, it } from 'vitest';
import { scratchFolder } from '../testing/scratch-folder.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { type Acknowledged, expectWhole, killAfter } from './testing/crash-rounds.ts';

const ROUNDS = Number(process.env.OPENKUPE_TEST_CRASH_ROUNDS ?? 5);
const SEED = Number(process.env.OPENKUPE_TEST_CRASH_SEED ?? Date.now());
const LONGEST_LIFE_MS = 400;

it(`loses no acknowledged write when it is killed, ${ROUNDS} times over`, { timeout: 20_000 + ROUNDS * 10_000 }, async () => {
  const folder = scratchFolder();
  const random = createSeededRandom(SEED);
  const acknowledged: Acknowledged[] = [];
  for (let life = 0; life < ROUNDS; life += 1) {
    const lifeMs = Math.floor(random.unit() * LONGEST_LIFE_MS);
    const round = `round ${life}, killed after ${lifeMs} ms, seed ${SEED}`;
    const written = await killAfter(lifeMs, folder, life);
    expect(written.length, round).toBeGreaterThan(0);
    acknowledged.push(...written);
    const store = await openSqliteStore({ folder });
    await expectWhole(store, acknowledged, round);
    await store.close();
    const file = new DatabaseSync(join(folder, 'openkupe.db'));
    expect(file.prepare('PRAGMA integrity_check').all(), round).toEqual([{ integrity_check: 'ok' }]);
    file.close();
  }
  expect(new Set(acknowledged.map(({ revision }) => revision)).size).toBe(acknowledged.length);
});
