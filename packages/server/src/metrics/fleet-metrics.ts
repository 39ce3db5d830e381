import { type Metric, metric } from './metric.ts';
import type { MetricSources, PageReadings } from './metric-sources.ts';

/** What the reconciler has done and has to do, how many clusters there are, what was billed and announced. */
export function fleetMetrics(sources: MetricSources, page: PageReadings): Metric[] {
  return [
    metric(
      'reconcile_total',
      'Turns of the reconciler by kind of resource, phase of the cluster and how they ended; failed ones are repeated',
      () => sources.reconciles.outcomes().map(({ count, ...labels }) => ({ labels, value: count })),
      'kind, phase, outcome',
    ),
    metric(
      'reconcile_duration_seconds',
      'Time of one turn of the reconciler',
      () => sources.reconciles.durations().map(({ labels: { kind, phase }, histogram }) => ({ labels: { kind, phase }, histogram })),
      'kind, phase',
    ),
    metric(
      'clusters',
      'Clusters by engine and phase, as counted at most half a minute before; only the process that makes clusters shows them',
      async () => (sources.working.isOn ? (await sources.census.read()).map(({ count, ...labels }) => ({ labels, value: count })) : []),
      'engine, phase',
    ),
    metric('billing_invoices_issued_total', 'Invoices issued because a month was over', () => sources.billing.issued),
    metric(
      'billing_overdue_tenants',
      'Tenants whose month could not be closed at the last attempt, which is repeated',
      () => sources.billing.overdue,
    ),
    metric('work_due', 'Work items that are due and not leased, of at most ten thousand tenants', async () =>
      (await page.due()).reduce((sum, { items }) => sum + items, 0),
    ),
    metric(
      'work_oldest_seconds',
      'How long the oldest of them has been due; what was due at the start of the server already does not count',
      async () => (await page.due()).reduce((longest, { waitsMs }) => Math.max(longest, waitsMs), 0) / 1_000,
    ),
    metric('events_total', 'Events that were written for those who read them', () => sources.writes.events),
  ];
}
