import type { Plan } from './plan.ts';

/** The plans of a new installation, cheapest first. */
export const DEFAULT_PLANS: readonly Plan[] = [
  {
    name: 'starter',
    displayName: 'Starter',
    platformFee: '29.00',
    resourcePool: { cpu: '4', memory: '16', storage: '100' },
    observabilityPool: { maxActiveSeries: 10_000, logIngestGB: 10, retentionDays: 30, maxReceivers: 3 },
    maxClusters: 3,
  },
  {
    name: 'pro',
    displayName: 'Pro',
    platformFee: '49.00',
    resourcePool: { cpu: '8', memory: '32', storage: '200' },
    observabilityPool: { maxActiveSeries: 50_000, logIngestGB: 50, retentionDays: 90, maxReceivers: 10 },
    maxClusters: 5,
  },
  {
    name: 'business',
    displayName: 'Business',
    platformFee: '199.00',
    resourcePool: { cpu: '32', memory: '128', storage: '1000' },
    observabilityPool: { maxActiveSeries: 200_000, logIngestGB: 250, retentionDays: 180, maxReceivers: 25 },
    maxClusters: 20,
  },
  {
    name: 'enterprise',
    displayName: 'Enterprise',
    platformFee: '999.00',
    resourcePool: { cpu: '256', memory: '1024', storage: '10000' },
    observabilityPool: { maxActiveSeries: 2_000_000, logIngestGB: 2_500, retentionDays: 365, maxReceivers: 100 },
    maxClusters: 200,
  },
];
