import type { Clock } from '@openkupe/contract';
import type { LastUsed } from './auth/last-used.ts';
import type { Log } from './log.ts';
import type { Store } from './store/store.ts';

const INTERVAL_MS = 30_000;

/** Writes down when keys were used and forgets kept answers that expired, every half minute until the signal aborts. */
export async function housekeeping(
  ports: { store: Store; clock: Clock; lastUsed: LastUsed; log: Log },
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await ports.clock.sleep(INTERVAL_MS, signal).catch(() => {});
    if (signal.aborted) return;
    try {
      await ports.lastUsed.flush();
      await ports.store.forgetKeptAnswers(ports.clock.now());
    } catch (error) {
      ports.log.warn({ err: error }, 'housekeeping failed and will be tried again');
    }
  }
}
