import type { Log } from '../log/log.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';
import { type BillingPorts, closePeriods } from './close-period.ts';
import { monthName } from './month.ts';

interface JobPorts extends Pick<BillingPorts, 'store'> {
  /** A month is over when that has passed for certain. */
  readonly confirmedTime: Pick<ConfirmedTime, 'atLeast'>;
  readonly log: Log;
  /** The catalogue as it is when a period is closed. */
  readonly loadPlans: () => Promise<BillingPorts['plans']>;
}

/**
 * The job that issues invoices when a month is over, by the time that has passed for certain; to be run often. It looks at the tenants once per month and process, again while
 * one of them fails, and at every start, so that months that ended while nothing ran are caught up.
 */
export function createClosingJob({ store, confirmedTime, log, loadPlans }: JobPorts): () => Promise<void> {
  let closedIn = '';
  return async () => {
    const now = confirmedTime.atLeast();
    const month = monthName(now);
    if (month === closedIn) return;
    const { issued, failed } = await closePeriods({ store, log, plans: await loadPlans() }, now);
    if (issued > 0) log.info({ issued }, 'invoices were issued');
    if (failed === 0) closedIn = month;
  };
}
