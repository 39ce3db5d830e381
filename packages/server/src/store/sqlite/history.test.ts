import { expect, it, onTestFinished } from 'vitest';
import { clusterKey, commitWritten } from '../conformance/samples.ts';
import { scratchFolder } from '../testing/scratch-folder.ts';
import { STORE_LIMITS } from '../write-methods.ts';
import { openFolder } from './open.ts';
import { createSqliteStore } from './sqlite-store.ts';

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

it('keeps a row that was written after a younger one, also where the wall clock that dated it was years behind', async () => {
  const [DAY, now] = [86_400_000, 1_000 * 86_400_000];
  const store = createSqliteStore(openFolder(scratchFolder()), STORE_LIMITS);
  onTestFinished(() => store.close());
  const write = (at: number, action: string) =>
    commitWritten(store, {
      at,
      writes: [],
      audit: { tenant: 'acme', actor: 'a', action, target: 't', requestId: 'r', tenantUid: '', targetUid: '', address: '', fields: [] },
    });
  const dates = { ahead: now + 40 * DAY, old: now - 3 * DAY, older: now - 4 * DAY, young: now - DAY, behind: 0, latest: now };
  for (const [action, at] of Object.entries(dates)) await write(at, action);
  expect(await store.forgetAudit(now, 2 * DAY, 1)).toBe(1);
  expect(await store.forgetAudit(now, 2 * DAY, 100)).toBe(1);
  expect((await store.audit('acme', 100)).map(({ action }) => action)).toEqual(['latest', 'behind', 'young', 'ahead']);
  expect(await store.forgetAudit(now + 60 * DAY, 2 * DAY, 100)).toBe(4);
});
