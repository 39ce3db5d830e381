import { expect, it, onTestFinished } from 'vitest';
import { clusterKey, commitWritten } from '../conformance/samples.ts';
import { openFolder } from './open.ts';
import { createSqliteStore, STORE_LIMITS } from './sqlite-store.ts';
import { scratchFolder } from './testing/scratch-folder.ts';

it('cuts old events by whole commits and keeps at least as many as it promises', async () => {
  const keptEvents = 500;
  const store = createSqliteStore(openFolder(scratchFolder()), { ...STORE_LIMITS, keptEvents });
  onTestFinished(() => store.close());
  const perCommit = 3;
  const events = Array.from({ length: perCommit }, (_, index) => ({ key: clusterKey(), type: 'changed', message: String(index) }) as const);
  let most = 0;
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(Array.from({ length: 70 }, () => commitWritten(store, { at: 1, writes: [], events })));
    const stored = await store.events(0, 100_000);
    const written = (round + 1) * 70 * perCommit;
    expect(stored.length).toBeGreaterThanOrEqual(Math.min(written, keptEvents));
    expect(stored.length % perCommit).toBe(0);
    expect(stored.at(-1)?.revision).toBe((round + 1) * 70);
    most = Math.max(most, stored.length);
  }
  expect(most).toBeLessThan(keptEvents + 1_000 + perCommit);
});
