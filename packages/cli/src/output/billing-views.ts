import type { CurrentUsage } from '@openkupe/contract/resources/current-usage';
import type { Invoice } from '@openkupe/contract/resources/invoice';
import type { Limit } from '@openkupe/contract/resources/limits';
import type { View } from './result.ts';

const day = (time: string | undefined) => time?.slice(0, 10) ?? '';

/** The bill for a month. */
export const INVOICE_VIEW: View<Invoice> = {
  kind: 'invoice',
  nameOf: (invoice) => invoice.name,
  fields: [
    { title: 'NAME', value: (invoice) => invoice.name },
    { title: 'FROM', value: ({ billingPeriod }) => day(billingPeriod?.start) },
    { title: 'TO', value: ({ billingPeriod }) => day(billingPeriod?.end) },
    { title: 'PHASE', value: ({ status }) => status.phase },
    { title: 'SUBTOTAL', value: ({ status }) => status.subtotal, list: 'wide' },
    { title: 'CREDITS', value: ({ status }) => status.creditsApplied, list: 'wide' },
    { title: 'TOTAL', value: ({ status }) => `${status.total} ${status.currency}` },
    {
      title: 'LINES',
      value: ({ status }) => status.lineItems.map(({ description, cost }) => `${description}: ${cost}`).join('; '),
      list: 'never',
      object: 'wide',
    },
    { title: 'ISSUED', value: ({ status }) => status.issuedAt, list: 'wide' },
  ],
};

/** What the running billing period of a tenant has cost so far. */
export const usageView = (tenant: string): View<CurrentUsage> => ({
  kind: 'usage',
  nameOf: () => tenant,
  fields: [
    { title: 'FROM', value: (usage) => usage.periodStart },
    { title: 'TO', value: (usage) => usage.periodEnd },
    { title: 'COUNTED UNTIL', value: (usage) => usage.updatedAt },
    { title: 'COST SO FAR', value: (usage) => `${usage.estimatedTotal} ${usage.currency}` },
    { title: 'CREDITS', value: (usage) => usage.estimatedCreditsApplied, object: 'wide' },
    { title: 'CPU (CORE-HOURS)', value: ({ compute }) => compute?.cpuCoreHours },
    { title: 'MEMORY (GiB-HOURS)', value: ({ compute }) => compute?.memoryGiBHours },
    { title: 'STORAGE (GiB-HOURS)', value: ({ compute }) => compute?.storageGiBHours },
    { title: 'ACTIVE SERIES', value: ({ observability }) => observability?.currentActiveSeries, object: 'wide' },
    { title: 'LOGS (GB)', value: ({ observability }) => observability?.logIngestGB, object: 'wide' },
    { title: 'INCOMPLETE', value: ({ stale, error }) => (stale ? error || 'yes' : 'no') },
  ],
});

/** A limit that applies to the caller. */
export const LIMIT_VIEW: View<Limit> = {
  kind: 'limit',
  nameOf: (limit) => limit.name,
  fields: [
    { title: 'NAME', value: (limit) => limit.name },
    { title: 'COUNTS', value: (limit) => limit.scope },
    { title: 'QUOTA', value: (limit) => limit.quota },
    { title: 'WINDOW (S)', value: ({ windowSeconds }) => windowSeconds ?? 'at once' },
    { title: 'LEFT', value: (limit) => limit.remaining },
    { title: 'MORE IN (S)', value: (limit) => limit.resetSeconds },
    { title: 'REFUSES', value: ({ isShadow }) => (isShadow ? 'no, it is only watched' : 'yes'), list: 'wide' },
  ],
};
