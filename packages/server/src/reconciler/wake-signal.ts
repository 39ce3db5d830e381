import type { Clock } from '@openkupe/contract';

/** A latch between committers and one loop: `wake` ends the current wait, or the next one if none runs, so no signal is lost. */
export interface WakeSignal {
  wake(): void;
  /** Resolves after `ms` milliseconds or at `wake()`; at once if `wake()` was called since the last wait. */
  wait(ms: number): Promise<void>;
}

/** Why a wait ended early. Made once: an abort without a reason makes an exception, with a stack, for every commit. */
const WOKEN = 'woken';

/** Makes a {@link WakeSignal} for one waiting loop. */
export function createWakeSignal(clock: Clock): WakeSignal {
  let isSignalled = false;
  let waiting: AbortController | undefined;
  return {
    wake() {
      isSignalled = true;
      waiting?.abort(WOKEN);
    },
    async wait(ms) {
      if (!isSignalled) {
        waiting = new AbortController();
        // The only rejection is the abort by wake().
        await clock.sleep(ms, waiting.signal).catch(() => {});
        waiting = undefined;
      }
      isSignalled = false;
    },
  };
}
