import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { expect, it } from 'vitest';
import { createDeletionPace } from './deletion-pace.ts';

it('lets one call a minute through, for each tenant', async () => {
  const clock = createManualClock();
  const pace = createDeletionPace(clock);
  expect(pace.count('acme')).toBe(0);
  await clock.advance(30_000);
  expect(pace.count('acme')).toBe(30_000);
  expect(pace.count('other')).toBe(0);
  await clock.advance(30_000);
  expect(pace.count('acme')).toBe(0);
});

it.each([3_600_000, -3_600_000, 86_400_000, -86_400_000])(
  'waits a minute, and no longer, when the wall clock is set by %i ms',
  async (ms) => {
    const clock = createManualClock();
    const pace = createDeletionPace(clock);
    pace.count('acme');
    clock.setWallClock(ms);
    expect(pace.count('acme')).toBe(60_000);
    await clock.advance(60_000);
    expect(pace.count('acme')).toBe(0);
  },
);
