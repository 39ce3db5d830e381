import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { expect, it } from 'vitest';
import { createDeletionPace } from './deletion-pace.ts';

it('lets one call a minute through, for each tenant', async () => {
  const clock = createManualClock();
  const pace = createDeletionPace(clock);
  expect(pace.ask('acme', {})).toBe(0);
  await clock.advance(30_000);
  expect(pace.ask('acme', {})).toBe(30_000);
  expect(pace.ask('other', {})).toBe(0);
  await clock.advance(30_000);
  expect(pace.ask('acme', {})).toBe(0);
});

it('counts a call once, however often it is decided again', async () => {
  const clock = createManualClock();
  const pace = createDeletionPace(clock);
  const call = {};
  expect([pace.ask('acme', call), pace.ask('acme', call)]).toEqual([0, 0]);
  await clock.advance(10);
  expect(pace.ask('acme', {})).toBe(59_990);
});

it.each([3_600_000, -3_600_000, 86_400_000, -86_400_000])(
  'waits a minute, and no longer, when the wall clock is set by %i ms',
  async (ms) => {
    const clock = createManualClock();
    const pace = createDeletionPace(clock);
    pace.ask('acme', {});
    clock.setWallClock(ms);
    expect(pace.ask('acme', {})).toBe(60_000);
    await clock.advance(60_000);
    expect(pace.ask('acme', {})).toBe(0);
  },
);
