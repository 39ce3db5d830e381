import { join } from 'node:path';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, it } from 'vitest';
import { scratchFolder } from '../testing/scratch-folder.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { type Acknowledged, expectWhole, killAfter } from './testing/crash-rounds.ts';
import { hasSqlite3, holdReader, sqlite3 } from './testing/sqlite3.ts';

const ROUNDS = Number(process.env.OPENKUPE_TEST_CRASH_ROUNDS ?? 5);
const SEED = Number(process.env.OPENKUPE_TEST_CRASH_SEED ?? Date.now());
const SHORTEST_LIFE_MS = 150;
const LONGEST_LIFE_MS = 400;

/** What people and backup jobs run beside a control plane. Each opens the database and closes it again. */
const TOOLS: readonly ((file: string, copy: string) => Promise<unknown>)[] = [
  (file) => sqlite3(file, '.tables'),
  (file, copy) => sqlite3(file, `VACUUM INTO '${copy}'`),
  (file) => sqlite3(file, 'PRAGMA wal_checkpoint(TRUNCATE)'),
  (file, copy) => sqlite3(file, `.backup '${copy}'`),
  async (file) => {
    const reader = await holdReader(file);
    await sqlite3(file, '.schema');
    await reader.end();
  },
];

/** Runs the tools one after the other until the returned function is called, which resolves with how many ran. */
function runTools(file: string, copies: string, first: number): () => Promise<number> {
  let isOver = false;
  let count = 0;
  const running = (async () => {
    for (; !isOver; count += 1) await TOOLS[(first + count) % TOOLS.length]?.(file, join(copies, `${first}-${count}.db`));
    return count;
  })();
  return () => {
    isOver = true;
    return running;
  };
}

describe.skipIf(!hasSqlite3)('sqlite3 beside a store that is written (needs sqlite3 on the PATH)', () => {
  it(`costs no acknowledged write when the process is killed, ${ROUNDS} times over`, { timeout: 20_000 + ROUNDS * 10_000 }, async () => {
    const folder = scratchFolder();
    const file = join(folder, 'openkupe.db');
    const random = createSeededRandom(SEED);
    const acknowledged: Acknowledged[] = [];
    for (let life = 0; life < ROUNDS; life += 1) {
      const lifeMs = SHORTEST_LIFE_MS + Math.floor(random.unit() * (LONGEST_LIFE_MS - SHORTEST_LIFE_MS));
      const round = `round ${life}, killed after ${lifeMs} ms, seed ${SEED}`;
      let stopTools = async () => 0;
      acknowledged.push(
        ...(await killAfter(lifeMs, folder, life, () => {
          stopTools = runTools(file, scratchFolder(), life);
        })),
      );
      expect(await stopTools(), round).toBeGreaterThan(0);
      const store = await openSqliteStore({ folder });
      await expectWhole(store, acknowledged, round);
      await store.close();
    }
    expect(await sqlite3(file, 'PRAGMA integrity_check')).toBe('ok\n');
  });

  it('leaves the write-ahead log where it is', async () => {
    const folder = scratchFolder();
    const file = join(folder, 'openkupe.db');
    const store = await openSqliteStore({ folder });
    await store.ping();
    await sqlite3(file, '.tables');
    const copy = join(scratchFolder(), 'copy.db');
    // NOTE: without the log the copy would have no tables: none of the pages has been moved into the database yet.
    await sqlite3(file, `VACUUM INTO '${copy}'`);
    expect(await sqlite3(copy, "SELECT value FROM counter WHERE name = 'ping'")).toBe('1\n');
    await store.ping();
    expect(await sqlite3(file, "SELECT value FROM counter WHERE name = 'ping'")).toBe('2\n');
    await store.close();
  });
});
