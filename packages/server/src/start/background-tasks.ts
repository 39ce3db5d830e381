import type { Clock } from '@openkupe/contract';
import type { LastUsed } from '../auth/last-used.ts';
import type { Log } from '../log/log.ts';
import type { Store } from '../store/store.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';
import { createHeldStepLog } from '../time/held-step-log.ts';

const INTERVAL_MS = 30_000;
/** Audit rows deleted in one transaction, so that a large clean-up does not hold the event loop. */
const FORGOTTEN_AT_ONCE = 1_000;
/** How often it is written down how far the time has come: what a killed process forgets of it. */
const KEEP_TIME_MS = 3_600_000;

interface HousekeepingPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly confirmedTime: ConfirmedTime;
  readonly lastUsed: LastUsed;
  readonly log: Log;
  readonly closeMonths: () => Promise<void>;
  /** How long audit rows are kept, in milliseconds. */
  readonly auditRetentionMs: number;
}

async function forgetOldAudit({ store, confirmedTime, auditRetentionMs }: HousekeepingPorts): Promise<void> {
  const nowMs = confirmedTime.atLeast();
  while ((await store.forgetAudit(nowMs, auditRetentionMs, FORGOTTEN_AT_ONCE)) === FORGOTTEN_AT_ONCE);
}

/**
 * Every half minute until the signal aborts: writes down when keys were used and how far the time has come, deletes idempotency records that expired and audit rows that are
 * older than their retention, and closes months that are over.
 */
export async function housekeeping(ports: HousekeepingPorts, signal: AbortSignal): Promise<void> {
  const { clock, confirmedTime, store } = ports;
  const tellHeldSteps = createHeldStepLog(ports);
  let keptMs = Number.NEGATIVE_INFINITY;
  async function keepTime(): Promise<void> {
    if (clock.monotonic() - keptMs < KEEP_TIME_MS) return;
    await store.keepKnownTime(confirmedTime.known());
    keptMs = clock.monotonic();
  }
  for (;;) {
    await clock.sleep(INTERVAL_MS, signal).catch(() => {});
    if (signal.aborted) return;
    const chores = [
      () => ports.lastUsed.flush(),
      async () => tellHeldSteps(),
      keepTime,
      () => store.forgetIdempotencyRecords(confirmedTime.atLeast()),
      () => forgetOldAudit(ports),
      ports.closeMonths,
    ];
    for (const chore of chores) {
      try {
        await chore();
      } catch (error) {
        ports.log.warn({ err: error }, 'housekeeping failed and will be tried again');
      }
    }
  }
}
