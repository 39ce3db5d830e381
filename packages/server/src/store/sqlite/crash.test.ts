import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { expect, it } from 'vitest';
import type { Store } from '../store.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { scratchFolder } from './testing/scratch-folder.ts';

const WRITER = join(import.meta.dirname, 'testing', 'commit-until-killed.ts');
const ROUNDS = Number(process.env.OPENKUPE_TEST_CRASH_ROUNDS ?? 5);
const SEED = Number(process.env.OPENKUPE_TEST_CRASH_SEED ?? Date.now());
const LONGEST_LIFE_MS = 400;

interface Acknowledged {
  readonly revision: number;
  readonly name: string;
  readonly count: number;
}

/** Starts the writer, kills it `lifeMs` after its first acknowledged write, and returns everything it had acknowledged. */
async function killAfter(lifeMs: number, folder: string, life: number): Promise<Acknowledged[]> {
  const writer = spawn(process.execPath, [WRITER, folder, String(life)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  writer.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (printed === '') setTimeout(() => writer.kill('SIGKILL'), lifeMs);
    printed += text;
  });
  const [, signal] = await once(writer, 'close');
  expect(signal).toBe('SIGKILL');
  const whole = printed.slice(0, printed.lastIndexOf('\n')).split('\n');
  return whole.map((line) => {
    const [revision, name = '', count] = line.split(' ');
    return { revision: Number(revision), name, count: Number(count) };
  });
}

/** Every acknowledged write is there, nothing is there by half, and no revision can come a second time. */
async function expectWhole(store: Store, acknowledged: readonly Acknowledged[], round: string): Promise<void> {
  const clusters = new Map((await store.list('cluster')).map((one) => [one.name, one]));
  const apiKeys = new Map((await store.list('api-key')).map((one) => [one.name, one]));
  const audited = new Map((await store.audit('acme', 1_000_000)).map((row) => [row.revision, row.requestId]));
  for (const { revision, name, count } of acknowledged) {
    expect(audited.get(revision), round).toBe(`${name}/${count}`);
    expect(Number(clusters.get(name)?.spec.displayName), round).toBeGreaterThanOrEqual(count);
    expect(Number(clusters.get(name)?.resourceVersion), round).toBeGreaterThanOrEqual(revision);
  }
  for (const [name, cluster] of clusters) {
    expect(apiKeys.get(name)?.spec.displayName, round).toBe(cluster.spec.displayName);
    expect(apiKeys.get(name)?.resourceVersion, round).toBe(cluster.resourceVersion);
    expect(audited.get(Number(cluster.resourceVersion)), round).toBe(`${name}/${cluster.spec.displayName}`);
  }
  const events = await store.events(0, 1_000_000);
  for (const event of events) expect(event.message, round).toBe(audited.get(event.revision));
  const next = await store.commit({ at: 1, writes: [] });
  const newest = Math.max(...audited.keys());
  expect(next, round).toEqual({ outcome: 'written', revision: newest + 1, resources: [] });
}

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
