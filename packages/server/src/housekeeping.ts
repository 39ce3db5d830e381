import type { Clock } from '@openkupe/contract';
import type { LastUsed } from './auth/last-used.ts';
import type { Log } from './log.ts';
import type { Store } from './store/store.ts';

const INTERVAL_MS = 30_000;
/** Audit rows deleted in one transaction, so that a large clean-up does not hold the event loop. */
const FORGOTTEN_AT_ONCE = 1_000;

interface HousekeepingPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly lastUsed: LastUsed;
  readonly log: Log;
  readonly closeMonths: () => Promise<void>;
  /** How long audit rows are kept, in milliseconds. */
  readonly auditRetentionMs: number;
}

async function forgetOldAudit({ store, clock, auditRetentionMs }: HousekeepingPorts): Promise<void> {
  const beforeMs = clock.now() - auditRetentionMs;
  while ((await store.forgetAudit(beforeMs, FORGOTTEN_AT_ONCE)) === FORGOTTEN_AT_ONCE);
}

/**
 * Every half minute until the signal aborts: writes down when keys were used, deletes kept answers that expired and audit rows that are
 * older than their retention, and closes months that are over.
 */
export async function housekeeping(ports: HousekeepingPorts, signal: AbortSignal): Promise<void> {
  for (;;) {
    await ports.clock.sleep(INTERVAL_MS, signal).catch(() => {});
    if (signal.aborted) return;
    try {
      await ports.lastUsed.flush();
      await ports.store.forgetKeptAnswers(ports.clock.now());
      await forgetOldAudit(ports);
      await ports.closeMonths();
    } catch (error) {
      ports.log.warn({ err: error }, 'housekeeping failed and will be tried again');
    }
  }
}
