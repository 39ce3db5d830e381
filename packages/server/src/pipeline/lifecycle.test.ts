import { expect, it } from 'vitest';
import { createLifecycle } from './pass-overload.ts';

it('drains when the last running request ends, at once when there is none', async () => {
  const lifecycle = createLifecycle();
  const running = [lifecycle.begin(), lifecycle.begin()];
  let isDrained = false;
  const drained = lifecycle.drain().then(() => {
    isDrained = true;
  });
  expect([lifecycle.isDraining, lifecycle.running]).toEqual([true, 2]);
  running[0]?.[Symbol.dispose]();
  await Promise.resolve();
  expect(isDrained).toBe(false);
  running[1]?.[Symbol.dispose]();
  await drained;
  await createLifecycle().drain();
});
