import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { expect, it, onTestFinished } from 'vitest';
import { startInlineWriter } from '../../store/sqlite/inline-writer.ts';
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts';
import { scratchFolder } from '../../store/testing/scratch-folder.ts';
import { createConfirmedTime } from '../../time/confirmed-time.ts';
import { createDeletionPace } from './deletion-pace.ts';

const ACME = { name: 'acme' };

/** The paces of two processes on one store. */
async function makePaces() {
  const clock = createManualClock();
  const store = await openSqliteStore({ folder: scratchFolder(), clock, startWriter: startInlineWriter });
  onTestFinished(() => store.close());
  const make = (aheadMs = 0) => {
    const ahead = { monotonic: clock.monotonic, now: () => clock.now() + aheadMs };
    return createDeletionPace({ store, confirmedTime: createConfirmedTime(ahead), random: createSeededRandom(1) });
  };
  return { clock, pace: make(), other: make(), make };
}

it('lets one call a minute through, for each tenant, whichever process it comes to', async () => {
  const { clock, pace, other } = await makePaces();
  expect(await pace.count(ACME)).toBe(0);
  await clock.advance(30_000);
  expect(await other.count(ACME)).toBe(30_000);
  expect(await other.count({ name: 'other' })).toBe(0);
  await clock.advance(30_000);
  expect(await other.count(ACME)).toBe(0);
  expect(await pace.count(ACME)).toBe(60_000);
});

it.each([60_000, 75_000, 600_000])('counts an attempt of a process whose clock is %i ms ahead', async (aheadMs) => {
  const { clock, pace, make } = await makePaces();
  expect(await make(aheadMs).count(ACME)).toBe(0);
  expect(await pace.count(ACME)).toBe(aheadMs + 60_000);
  await clock.advance(aheadMs + 60_000);
  expect(await pace.count(ACME)).toBe(0);
});

it('does not wait for a clock that was an hour wrong', async () => {
  const { pace, make } = await makePaces();
  expect(await make(3_600_000).count(ACME)).toBe(0);
  expect(await pace.count(ACME)).toBe(0);
});

it('lets one of two calls through that come at the same time', async () => {
  const { pace, other } = await makePaces();
  expect((await Promise.all([pace.count(ACME), other.count(ACME)])).sort()).toEqual([0, 60_000]);
});

it.each([3_600_000, -3_600_000, 86_400_000, -86_400_000])(
  'waits a minute, and no longer, when the wall clock is set by %i ms',
  async (ms) => {
    const { clock, pace } = await makePaces();
    await pace.count(ACME);
    clock.setWallClock(ms);
    expect(await pace.count(ACME)).toBe(60_000);
    await clock.advance(60_000);
    expect(await pace.count(ACME)).toBe(0);
  },
);
