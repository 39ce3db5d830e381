import type { Cluster } from '@openkupe/contract/resources/cluster';

export const CREATED_AT = '2025-12-29T00:00:00Z';
export const CA = Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n').toString('base64');

export function clusterFixture(name: string, changes: Partial<Cluster> = {}): Cluster {
  return {
    name,
    displayName: name,
    type: 'shared',
    version: '1.32',
    resources: { cpu: '4', memory: '16Gi', storage: '100Gi' },
    highAvailability: false,
    status: {
      phase: 'Running',
      kubernetesVersion: 'v1.32.3',
      endpoint: `https://${name}.acme.example.com`,
      conditions: [],
      metrics: {},
      observedGeneration: 1,
      haConfigured: false,
      haPhase: '',
      haReplicasReady: 0,
      haReplicasDesired: 0,
      haEtcdReplicasReady: 0,
      haEtcdReplicasDesired: 0,
    },
    generation: 1,
    resourceVersion: '17',
    createdAt: CREATED_AT,
    ...changes,
  };
}

export const TENANT = {
  name: 'acme',
  displayName: 'Acme Corp',
  contactEmail: 'owner@acme.example',
  plan: 'pro',
  enforceMetricsLimit: true,
  enforceLogLimit: false,
  members: [{ email: 'owner@acme.example', role: 'admin' }],
  resourceVersion: '3',
  createdAt: CREATED_AT,
  status: {
    phase: 'Active',
    clusterCount: 2,
    allocatedResources: { cpu: '6', memory: '20', storage: '120' },
    poolResources: { cpu: '8', memory: '32', storage: '200' },
  },
};

export const PLANS = [
  ['starter', 'Starter', '29.00', 3, '4'],
  ['pro', 'Pro', '49.00', 5, '8'],
].map(([name, displayName, platformFee, maxClusters, cpu]) => ({
  name,
  displayName,
  platformFee,
  resourcePool: { cpu, memory: '32', storage: '200' },
  observabilityPool: { maxActiveSeries: 50_000, logIngestGB: 50, retentionDays: 90, maxReceivers: 10 },
  maxClusters,
}));

export const API_KEYS = [
  {
    id: 'ak-7f3b2c1d',
    displayName: 'ci',
    role: 'admin',
    createdBy: 'owner@acme.example',
    createdAt: CREATED_AT,
    lastUsedAt: '2025-12-31T21:00:00Z',
    lastUsedFrom: '203.0.113.7',
  },
  {
    id: 'ak-00aa11bb',
    displayName: 'dashboard',
    role: 'readonly',
    expiresAt: '2027-01-31T12:00:00Z',
    createdBy: 'owner@acme.example',
    createdAt: CREATED_AT,
  },
];

const EVENT = { at: CREATED_AT, kind: 'cluster', name: 'production' };
/** Two events, as the server streams them. */
export const EVENTS = [
  { revision: 3, ...EVENT, type: 'created', message: 'Cluster "production" was accepted with Kubernetes 1.32' },
  { revision: 5, ...EVENT, type: 'observed', message: 'Cluster "production" is being provisioned.' },
]
  .map((event) => `data: ${JSON.stringify(event)}\nid: ${event.revision}\n\n`)
  .join('');

/** What the server explains of every cluster. */
export const EXPLANATION = {
  phase: 'Upgrading',
  next: 'wait',
  message: 'Cluster "production" is looked at again in 1 s: nodes are being replaced.',
  waitingFor: 'nodes are being replaced',
  since: CREATED_AT,
  checkInSeconds: 1,
  generation: 2,
  observedGeneration: 1,
};

/** Two rows of the audit, newest first. */
export const AUDIT = [
  {
    revision: 9,
    at: CREATED_AT,
    ...{ actor: 'owner@acme.example', action: 'clusters.update', target: 'clusters/production', address: '203.0.113.7', requestId: 'r-2' },
    ...{ targetUid: 'uid-2', tenantUid: 'uid-1' },
    fields: [
      { pointer: '#/resources/cpu', before: '1', after: '2' },
      { pointer: '#/alerts/long', withheld: 'size' },
    ],
  },
  {
    revision: 5,
    at: CREATED_AT,
    ...{ actor: 'ak-7f3b2c1d', action: 'clusters.create', target: 'clusters/production', address: '', requestId: 'r-1' },
    ...{ targetUid: '', tenantUid: '' },
    fields: [{ pointer: '#/version', after: '1.32' }],
  },
];

export const WEBHOOKS = [
  {
    name: 'deploys',
    url: 'https://hooks.example.com/kupe',
    events: ['cluster.*', 'secret.deleted'],
    enabled: true,
    status: { phase: 'Failing', message: 'The receiver answered 500', failures: 2, nextAttemptAt: '2025-12-31T23:59:00Z' },
    resourceVersion: '12',
    createdAt: CREATED_AT,
  },
  {
    name: 'everything',
    url: 'https://hooks.example.com/all',
    enabled: true,
    status: { phase: 'Active', message: '', failures: 0 },
    resourceVersion: '13',
    createdAt: CREATED_AT,
  },
];

export const DELIVERIES = [
  { id: '1235-0', event: 'cluster.changed', at: '2025-12-31T23:58:00Z', attempt: 2, outcome: 'failed', status: 500, durationMs: 41 },
  {
    id: '1235-0',
    event: 'cluster.changed',
    at: '2025-12-31T23:57:00Z',
    attempt: 1,
    outcome: 'failed',
    error: 'ECONNREFUSED',
    durationMs: 3,
  },
  { id: '1234-0', event: 'cluster.created', at: '2025-12-31T23:56:00Z', attempt: 0, outcome: 'delivered', status: 204, durationMs: 37 },
];
