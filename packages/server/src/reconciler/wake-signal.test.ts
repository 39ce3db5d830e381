import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { describe, expect, it } from 'vitest';
import { createWakeSignal } from './wake-signal.ts';

describe('a wakeSignal', () => {
  it('wakes the sleeper and leaves no timer', async () => {
    const clock = createManualClock();
    const bell = createWakeSignal(clock);
    const woken = bell.wait(5_000);
    bell.ring();
    await woken;
    expect(clock.sleeping).toBe(0);
  });

  it('lets sleep for the whole time when nobody rings', async () => {
    const clock = createManualClock();
    let isAwake = false;
    const woken = createWakeSignal(clock)
      .wait(5_000)
      .then(() => {
        isAwake = true;
      });
    await clock.advance(4_999);
    expect(isAwake).toBe(false);
    await clock.advance(1);
    await woken;
  });

  it('remembers a ring while nobody sleeps, once', async () => {
    const clock = createManualClock();
    const bell = createWakeSignal(clock);
    bell.ring();
    bell.ring();
    await bell.wait(5_000);
    const second = bell.wait(5_000);
    expect(clock.sleeping).toBe(1);
    await clock.advance(5_000);
    await second;
  });
});
