import type { Static } from 'typebox';
import { Amount } from './invoice.ts';
import { Time } from './schema.ts';
import { Type } from './type.ts';

const Hours = Type.String({ pattern: '^\\d+\\.\\d{2}$', examples: ['2976.00'] });

/** What the running billing period has cost so far: the invoice that would be issued if the period ended now. */
export const CurrentUsage = Type.Object({
  periodStart: Time,
  periodEnd: Time,
  updatedAt: Time,
  currency: Type.Literal('GBP'),
  planChangedInPeriod: Type.Boolean(),
  stale: Type.Boolean({ description: 'True when not everything up to now could be counted; `updatedAt` says up to when.' }),
  error: Type.String({ description: 'Why it is stale; empty otherwise.' }),
  estimatedSubtotal: Amount,
  estimatedCreditsApplied: Amount,
  estimatedTotal: Amount,
  compute: Type.Object({
    cpuCoreHours: Hours,
    memoryGiBHours: Hours,
    storageGiBHours: Hours,
    cpuCost: Amount,
    memoryCost: Amount,
    storageCost: Amount,
  }),
  observability: Type.Object({
    currentActiveSeries: Type.Integer(),
    billableActiveSeriesP95: Type.Integer(),
    metricsOverageCost: Amount,
    logIngestBytes: Type.Integer(),
    logIngestGB: Hours,
    logOverageCost: Amount,
  }),
});
/** The cost of the running billing period so far. */
export type CurrentUsage = Static<typeof CurrentUsage>;
