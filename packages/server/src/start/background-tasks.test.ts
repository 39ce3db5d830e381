import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { expect, it, onTestFinished } from 'vitest';
import { createLastUsed } from '../auth/last-used.ts';
import { createStderrLog } from '../log/stderr-log.ts';
import { startInlineWriter } from '../store/sqlite/inline-writer.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { scratchFolder } from '../store/testing/scratch-folder.ts';
import { createConfirmedTime } from '../time/confirmed-time.ts';
import { runBackgroundTasks } from './background-tasks.ts';

const DAY_MS = 86_400_000;
/** A control plane is certain of the time only a quarter of an hour after its start; background tasks run every half minute. */
const CERTAIN_MS = 16 * 60_000;

it('audit rows and events go when their retention is over, however many there are, and younger ones stay', async () => {
  const clock = createManualClock();
  const store = await openSqliteStore({ folder: scratchFolder(), startWriter: startInlineWriter });
  const stopping = new AbortController();
  const confirmedTime = createConfirmedTime(clock);
  const lastUsed = createLastUsed({ store, clock });
  const log = createStderrLog('silent');
  const ports = {
    store,
    clock,
    confirmedTime,
    lastUsed,
    log,
    closeMonths: async () => {},
    working: { isOn: true },
    auditRetentionMs: 2 * DAY_MS,
    eventRetentionMs: 2 * DAY_MS,
  };
  const ended = runBackgroundTasks(ports, stopping.signal);
  onTestFinished(async () => {
    stopping.abort();
    await clock.runUntil(ended);
    await store.close();
  });

  const audit = {
    tenant: 'demo',
    actor: 'a',
    action: 'old',
    target: 't',
    requestId: 'r',
    tenantUid: '',
    targetUid: '',
    address: '',
    fields: [],
  };
  const old = clock.now() - 2 * DAY_MS;
  const key = { kind: 'cluster', tenant: 'demo', name: 'web' } as const;
  const events = [{ key, type: 'observed', message: 'x' }] as const;
  await Promise.all(Array.from({ length: 2_500 }, () => store.commit({ at: old, writes: [], audit, events })));
  await store.commit({ at: old + 3 * CERTAIN_MS, writes: [], audit: { ...audit, action: 'younger' }, events });
  const actions = async () => (await store.audit('demo', 5_000)).map(({ action }) => action);

  await clock.advance(2 * CERTAIN_MS);
  await expect.poll(actions).toEqual(['younger']);
  expect(await store.events(0, 5_000)).toHaveLength(1);
  await clock.advance(2 * CERTAIN_MS);
  await expect.poll(actions).toEqual([]);
});
