import type { BillingCounters } from '../counters/billing-counters.ts';
import type { Log } from '../log/log.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';
import { monthName } from './billing-month.ts';
import { type BillingPorts, closePeriods } from './close-period.ts';

interface JobPorts extends Pick<BillingPorts, 'store'> {
  /** A month is over when this time has passed its end. */
  readonly confirmedTime: Pick<ConfirmedTime, 'atLeast'>;
  readonly log: Log;
  readonly counters?: BillingCounters;
  /** The plan catalogue at the moment of closing. */
  readonly loadPlans: () => Promise<BillingPorts['plans']>;
}

/**
 * The job that issues invoices when a month is over by the confirmed time; run it often. It goes through the tenants once per month and
 * process, and again while one of them fails, so that months that ended during a downtime are closed after the start.
 */
export function createClosingJob({ store, confirmedTime, log, counters, loadPlans }: JobPorts): () => Promise<void> {
  let closedIn = '';
  return async () => {
    const now = confirmedTime.atLeast();
    const month = monthName(now);
    if (month === closedIn) return;
    const { issued, failed } = await closePeriods({ store, log, plans: await loadPlans() }, now);
    counters?.note(issued, failed);
    if (issued > 0) log.info({ issued }, 'invoices were issued');
    if (failed === 0) closedIn = month;
  };
}
