/**
 * What is charged, in GBP without VAT. A month of published prices has 730 hours: a core costs 730 × 0.030 = 21.90 a month.
 * The surcharge for high availability is our choice; no source publishes one.
 */
export const RATES = {
  /** Per core and hour. */
  cpuHour: '0.030',
  /** Per GiB and hour. */
  memoryHour: '0.006',
  /** Per GiB and hour. */
  storageHour: '0.000116',
  /** Per cluster and hour, from the moment it is highly available. */
  highAvailabilityHour: '0.100',
  /** Per active series above the plan's allowance and month, on the 95th percentile. */
  metricsSeriesMonth: '0.003',
  /** Per GB of logs above the plan's allowance and month. */
  logGBMonth: '0.30',
} as const;

/** The ISO 4217 code of every amount that the API answers. */
export const CURRENCY = 'GBP';
