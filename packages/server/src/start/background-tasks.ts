import type { Clock } from '@openkupe/contract';
import type { LastUsed } from '../auth/last-used.ts';
import type { Log } from '../log/log.ts';
import type { Store } from '../store/store.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';
import { createHeldStepLog } from '../time/held-step-log.ts';

const INTERVAL_MS = 30_000;
/** Rows deleted in one transaction, so that a large clean-up does not hold the event loop. */
const BATCH = 1_000;
/** How often the confirmed time is stored: a killed process loses at most this much of it. */
const KEEP_TIME_MS = 3_600_000;

interface BackgroundPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly confirmedTime: ConfirmedTime;
  readonly lastUsed: LastUsed;
  readonly log: Log;
  readonly closeMonths: () => Promise<void>;
  /** Whether this process works on what is due: of several, that one alone cleans up and closes months. */
  readonly working: { readonly isOn: boolean };
  /** How long audit rows are kept, in milliseconds. */
  readonly auditRetentionMs: number;
  /** How long events are kept, in milliseconds. */
  readonly eventRetentionMs: number;
}

async function forgetOld({ store, confirmedTime, auditRetentionMs, eventRetentionMs }: BackgroundPorts): Promise<void> {
  const nowMs = confirmedTime.atLeast();
  while ((await store.forgetEvents(nowMs, eventRetentionMs, BATCH)) >= BATCH);
  while ((await store.forgetAudit(nowMs, auditRetentionMs, BATCH)) === BATCH);
}

/**
 * Runs every half minute until the signal aborts: stores when keys were last used and the confirmed time; and, in the process that works on what is due,
 * deletes expired idempotency records and events and audit rows older than their retention, and closes months that are over. A failed task is logged and runs again the next time.
 */
export async function runBackgroundTasks(ports: BackgroundPorts, signal: AbortSignal): Promise<void> {
  const { clock, confirmedTime, store } = ports;
  const logHeldStep = createHeldStepLog(ports);
  let keptMs = Number.NEGATIVE_INFINITY;
  async function keepTime(): Promise<void> {
    if (clock.monotonic() - keptMs < KEEP_TIME_MS) return;
    await store.keepKnownTime(confirmedTime.known());
    keptMs = clock.monotonic();
  }
  for (;;) {
    await clock.sleep(INTERVAL_MS, signal).catch(() => {});
    if (signal.aborted) return;
    const tasks = [
      () => ports.lastUsed.flush(),
      async () => logHeldStep(),
      keepTime,
      ...(ports.working.isOn
        ? [() => store.forgetIdempotencyRecords(confirmedTime.atLeast()), () => forgetOld(ports), ports.closeMonths]
        : []),
    ];
    for (const task of tasks) {
      try {
        await task();
      } catch (error) {
        ports.log.warn({ err: error }, 'a background task failed and will be tried again');
      }
    }
  }
}
