import { expect, it } from 'vitest';
import { steadyNow } from './clock.ts';
import { createManualClock } from './testing/manual-clock.ts';

it.each([3_600_000, -3_600_000, 40 * 86_400_000])('moves with monotonic time alone, though the wall clock is set by %i ms', async (ms) => {
  const clock = createManualClock();
  const start = clock.now();
  const now = steadyNow(clock);
  clock.setWallClock(ms);
  expect([clock.now(), now()]).toEqual([start + ms, start]);
  await clock.advance(500);
  expect([clock.now(), now()]).toEqual([start + ms + 500, start + 500]);
});
