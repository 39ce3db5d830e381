import type { Clock } from '@openkupe/contract';
import type { LastUsed } from './auth/last-used.ts';
import type { Log } from './log.ts';
import type { Store } from './store/store.ts';

const INTERVAL_MS = 30_000;

/** Writes down when keys were used, forgets kept answers that expired and closes months that are over, every half minute until the signal aborts. */
export async function housekeeping(
  ports: { store: Store; clock: Clock; lastUsed: LastUsed; log: Log; closeMonths: () => Promise<void> },
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await ports.clock.sleep(INTERVAL_MS, signal).catch(() => {});
    if (signal.aborted) return;
    try {
      await ports.lastUsed.flush();
      await ports.store.forgetKeptAnswers(ports.clock.now());
      await ports.closeMonths();
    } catch (error) {
      ports.log.warn({ err: error }, 'housekeeping failed and will be tried again');
    }
  }
}
