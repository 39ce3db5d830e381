import type { Clock } from '@openkupe/contract';

/** Lets a loop sleep until a time or until somebody rings; a ring while nobody sleeps is not lost. */
export interface WakeSignal {
  ring(): void;
  /** Resolves after `ms` milliseconds, or when the bell rings, or at once if it rang since the last wait. */
  wait(ms: number): Promise<void>;
}

export function createWakeSignal(clock: Clock): WakeSignal {
  let isRung = false;
  let sleeping: AbortController | undefined;
  return {
    ring() {
      isRung = true;
      sleeping?.abort();
    },
    async wait(ms) {
      if (!isRung) {
        sleeping = new AbortController();
        // The only rejection is our own abort: somebody rang.
        await clock.sleep(ms, sleeping.signal).catch(() => {});
        sleeping = undefined;
      }
      isRung = false;
    },
  };
}
