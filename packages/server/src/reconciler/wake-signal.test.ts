import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { describe, expect, it } from 'vitest';
import { createWakeSignal } from './wake-signal.ts';

describe('a wake signal', () => {
  it('ends the wait and leaves no timer', async () => {
    const clock = createManualClock();
    const signal = createWakeSignal(clock);
    const woken = signal.wait(5_000);
    signal.wake();
    await woken;
    expect(clock.sleeping).toBe(0);
  });

  it('waits for the whole time without a signal', async () => {
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

  it('keeps a signal until the next wait, once', async () => {
    const clock = createManualClock();
    const signal = createWakeSignal(clock);
    signal.wake();
    signal.wake();
    await signal.wait(5_000);
    const second = signal.wait(5_000);
    expect(clock.sleeping).toBe(1);
    await clock.advance(5_000);
    await second;
  });
});
