import { CREATED_AT } from './fixtures.ts';

const SYNCED = { cluster: 'production', namespace: 'default', secretName: 'database', phase: 'Synced', message: '', syncedAt: CREATED_AT };

export const SECRETS = [
  {
    name: 'database',
    secretPath: 'services/database/credentials',
    sync: [
      { cluster: 'production', namespace: 'default' },
      { cluster: 'staging', namespace: 'default', secretName: 'db' },
    ],
    status: {
      phase: 'Degraded',
      conditions: [],
      syncStatuses: [
        SYNCED,
        { ...SYNCED, cluster: 'staging', secretName: 'db', phase: 'Failed', message: 'there is no cluster "staging"' },
      ],
    },
    resourceVersion: '21',
    createdAt: CREATED_AT,
  },
];

export const MEMBERS = [
  { email: 'developer@acme.example', role: 'readonly' },
  { email: 'owner@acme.example', role: 'admin' },
];

const COSTS = { subtotal: '50.20', creditsApplied: '0.00', total: '50.20', currency: 'GBP', tax: '0.00' };
export const INVOICES = [
  {
    name: '2025-12',
    billingPeriod: { start: '2025-12-01T00:00:00Z', end: '2026-01-01T00:00:00Z' },
    createdAt: CREATED_AT,
    resourceVersion: '31',
    status: {
      phase: 'Finalised',
      lineItems: [
        {
          kind: 'cpu',
          description: 'Cluster "production", cpu',
          cluster: 'production',
          seconds: 144_000,
          quantity: '40.000000',
          unit: 'core-hour',
          secondsPerUnit: 3_600,
          unitPrice: '0.030',
          exactCost: '1.200000',
          cost: '1.20',
          events: ['e-1'],
          segments: [{ from: '2025-12-01T00:00:00Z', to: '2025-12-02T16:00:00Z', amount: '1', event: 'e-1' }],
        },
      ],
      issuedAt: CREATED_AT,
      billedUntil: CREATED_AT,
      ...COSTS,
    },
  },
];

export const USAGE = {
  periodStart: '2025-12-01T00:00:00Z',
  periodEnd: '2026-01-01T00:00:00Z',
  updatedAt: CREATED_AT,
  currency: 'GBP',
  planChangedInPeriod: false,
  stale: false,
  error: '',
  estimatedSubtotal: '61.40',
  estimatedCreditsApplied: '0.00',
  estimatedTotal: '61.40',
  compute: {
    cpuCoreHours: '40.00',
    memoryGiBHours: '160.00',
    storageGiBHours: '0.00',
    cpuCost: '1.20',
    memoryCost: '0.80',
    storageCost: '0.00',
  },
  observability: {
    currentActiveSeries: 1_200,
    billableActiveSeriesP95: 1_100,
    metricsOverageCost: '0.00',
    logIngestBytes: 2_000_000_000,
    logIngestGB: '2.00',
    logOverageCost: '0.00',
  },
};

export const CALLER_LIMITS = [
  { name: 'address', scope: 'address', quota: 100, windowSeconds: 60, remaining: 97, resetSeconds: 2, isShadow: false },
  { name: 'writes', scope: 'tenant', quota: 4, remaining: 4, resetSeconds: 0, isShadow: true },
];

export const ALERTMANAGER = {
  global: { resolve_timeout: '5m' },
  receivers: [{ name: 'on-call', webhook_configs: [{ url: '<secret>' }] }],
  routes: [
    { receiver: 'on-call', matchers: ['severity="critical"'], repeat_interval: '4h' },
    { receiver: 'on-call', group_by: ['cluster'], continue: true },
  ],
};
