import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createEventLoopDelay } from './event-loop-delay.ts';

it('is how long the present turn of the loop has taken, and nothing in the next', async () => {
  const delayMs = createEventLoopDelay();
  expect([delayMs(1_000), delayMs(1_005), delayMs(1_250)]).toEqual([0, 5, 250]);
  await Promise.resolve();
  expect(delayMs(1_300)).toBe(300);
  await nextTurn();
  expect([delayMs(9_000), delayMs(9_001)]).toEqual([0, 1]);
});
