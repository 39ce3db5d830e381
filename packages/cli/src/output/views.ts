import type { ApiKey, ApiKeyWithSecret } from '@openkupe/contract/resources/api-key';
import type { Cluster, ClusterExplanation } from '@openkupe/contract/resources/cluster';
import type { Event } from '@openkupe/contract/resources/event';
import type { Plan } from '@openkupe/contract/resources/plan';
import type { ResourceAmounts, Tenant } from '@openkupe/contract/resources/tenant';
import type { Webhook, WebhookDelivery, WebhookWithSecret } from '@openkupe/contract/resources/webhook';
import { age } from './age.ts';
import type { View } from './result.ts';

function yesOrNo(isTrue: boolean): string {
  return isTrue ? 'yes' : 'no';
}

/** What a cluster waits for: the messages of its conditions that are not True. */
export function waitingFor(cluster: Cluster): string {
  const unmet = (cluster.status?.conditions ?? []).filter((condition) => condition?.status !== 'True' && condition?.message);
  return unmet.map((condition) => condition.message).join('; ');
}

/** A cluster: phase, version and limits. */
export const CLUSTER_VIEW: View<Cluster> = {
  kind: 'cluster',
  nameOf: (cluster) => cluster.name,
  fields: [
    { title: 'NAME', value: (cluster) => cluster.name },
    { title: 'DISPLAY NAME', value: (cluster) => cluster.displayName, list: 'wide' },
    { title: 'PHASE', value: (cluster) => cluster.status?.phase ?? '' },
    { title: 'WAITING FOR', value: waitingFor, list: 'never' },
    { title: 'VERSION', value: (cluster) => cluster.version },
    { title: 'RUNS', value: (cluster) => cluster.status?.kubernetesVersion ?? '', list: 'wide' },
    { title: 'TYPE', value: (cluster) => cluster.type, list: 'wide' },
    { title: 'CPU', value: (cluster) => cluster.resources?.cpu ?? '' },
    { title: 'MEMORY', value: (cluster) => cluster.resources?.memory ?? '' },
    { title: 'STORAGE', value: (cluster) => cluster.resources?.storage ?? '' },
    {
      title: 'LABELS',
      value: ({ labels = {} }) =>
        Object.entries(labels)
          .map((label) => label.join('='))
          .join(','),
      list: 'wide',
    },
    { title: 'HA', value: (cluster) => yesOrNo(cluster.highAvailability), list: 'wide' },
    { title: 'ENDPOINT', value: (cluster) => cluster.status?.endpoint ?? '', list: 'wide' },
    { title: 'AGE', value: (cluster, nowMs) => age(cluster.createdAt, nowMs), object: 'never' },
    { title: 'CREATED', value: (cluster) => cluster.createdAt, list: 'wide' },
    { title: 'GENERATION', value: (cluster) => cluster.generation, list: 'never', object: 'wide' },
    { title: 'RESOURCE VERSION', value: (cluster) => cluster.resourceVersion, list: 'never', object: 'wide' },
  ],
};

/** What happens next with a cluster; its name is not in the answer. */
export const explanationView = (name: string): View<ClusterExplanation> => ({
  kind: 'cluster',
  nameOf: () => name,
  fields: [
    { title: 'PHASE', value: ({ phase }) => phase },
    { title: 'NEXT', value: ({ next }) => next },
    { title: 'BECAUSE', value: ({ message }) => message },
    { title: 'WAITING FOR', value: (one) => one.waitingFor },
    { title: 'SINCE', value: ({ since }) => since },
    { title: 'GENERATION', value: ({ generation, observedGeneration }) => `${generation}, in effect: ${observedGeneration}` },
  ],
});

/** The result of a deletion, with the phase where the object had it. */
export interface Deleted {
  readonly name: string;
  readonly status: { readonly phase: 'Terminating' | 'Deleted' };
}

/** The view of a deleted object of `kind`. */
export function deletedView(kind: string): View<Deleted> {
  return {
    kind,
    nameOf: (deleted) => deleted.name,
    fields: [
      { title: 'NAME', value: (deleted) => deleted.name },
      { title: 'PHASE', value: (deleted) => deleted.status.phase },
    ],
  };
}

/** An API key; the key itself only in the response of its creation. */
export const API_KEY_VIEW: View<ApiKey | ApiKeyWithSecret> = {
  kind: 'apikey',
  nameOf: (key) => key.id,
  fields: [
    { title: 'ID', value: (key) => key.id },
    { title: 'NAME', value: (key) => key.displayName },
    { title: 'ROLE', value: (key) => key.role },
    { title: 'SCOPES', value: ({ scopes }) => (Array.isArray(scopes) ? scopes.join(' ') : 'all'), list: 'wide', object: 'wide' },
    {
      title: 'FROM',
      value: ({ addressRanges: ranges }) => (Array.isArray(ranges) ? ranges.join(' ') : 'anywhere'),
      list: 'wide',
      object: 'wide',
    },
    { title: 'KEY', value: (key) => ('key' in key ? key.key : ''), list: 'never' },
    { title: 'EXPIRES', value: (key) => (key.expiresAt ? key.expiresAt : 'never') },
    { title: 'LAST USED', value: (key, nowMs) => (key.lastUsedAt ? `${age(key.lastUsedAt, nowMs)} ago` : 'never'), object: 'never' },
    { title: 'USED FROM', value: (key) => key.lastUsedFrom ?? '', list: 'wide', object: 'never' },
    { title: 'AGE', value: (key, nowMs) => age(key.createdAt, nowMs), object: 'never' },
    { title: 'CREATED BY', value: (key) => key.createdBy, list: 'wide', object: 'wide' },
    { title: 'CREATED', value: (key) => key.createdAt, list: 'wide' },
  ],
};

function usage(used: ResourceAmounts | undefined, pool: ResourceAmounts | undefined, what: keyof ResourceAmounts): string {
  const unit = what === 'cpu' ? 'cores' : 'GiB';
  return `${used?.[what] ?? '?'} of ${pool?.[what] ?? '?'} ${unit}`;
}

/** A tenant, and how much of its plan is in use. */
export const TENANT_VIEW: View<Tenant> = {
  kind: 'tenant',
  nameOf: (tenant) => tenant.name,
  fields: [
    { title: 'NAME', value: (tenant) => tenant.name },
    { title: 'DISPLAY NAME', value: (tenant) => tenant.displayName },
    { title: 'PHASE', value: (tenant) => tenant.status?.phase ?? '' },
    { title: 'PLAN', value: (tenant) => tenant.plan },
    { title: 'CLUSTERS', value: (tenant) => tenant.status?.clusterCount ?? 0 },
    { title: 'CPU', value: ({ status }) => usage(status?.allocatedResources, status?.poolResources, 'cpu') },
    { title: 'MEMORY', value: ({ status }) => usage(status?.allocatedResources, status?.poolResources, 'memory') },
    { title: 'STORAGE', value: ({ status }) => usage(status?.allocatedResources, status?.poolResources, 'storage') },
    { title: 'CONTACT', value: (tenant) => tenant.contactEmail },
    { title: 'CREATED', value: (tenant) => tenant.createdAt },
    {
      title: 'MEMBERS',
      value: (tenant) => (tenant.members ?? []).map((member) => `${member?.email ?? '?'} (${member?.role ?? '?'})`).join(', '),
      list: 'wide',
      object: 'wide',
    },
    {
      title: 'METRICS LIMIT',
      value: (tenant) => (tenant.enforceMetricsLimit ? 'hard cap' : 'billed beyond'),
      list: 'wide',
      object: 'wide',
    },
    { title: 'LOG LIMIT', value: (tenant) => (tenant.enforceLogLimit ? 'hard cap' : 'billed beyond'), list: 'wide', object: 'wide' },
  ],
};

/** A webhook; its secret only in the responses of its creation and of a rotation. */
export const WEBHOOK_VIEW: View<Webhook | WebhookWithSecret> = {
  kind: 'webhook',
  nameOf: (webhook) => webhook.name,
  fields: [
    { title: 'NAME', value: (webhook) => webhook.name },
    { title: 'PHASE', value: (webhook) => webhook.status?.phase ?? '' },
    { title: 'MESSAGE', value: (webhook) => webhook.status?.message ?? '', list: 'wide' },
    { title: 'SECRET', value: (webhook) => ('secret' in webhook ? webhook.secret : ''), list: 'never' },
    { title: 'URL', value: (webhook) => webhook.url },
    { title: 'EVENTS', value: ({ events }) => (Array.isArray(events) ? events.join(' ') : 'all') },
    { title: 'FAILURES', value: (webhook) => webhook.status?.failures, list: 'wide', object: 'wide' },
    { title: 'NEXT ATTEMPT', value: (webhook) => webhook.status?.nextAttemptAt ?? '', list: 'wide', object: 'wide' },
    { title: 'OLD SECRET ENDS', value: (webhook) => webhook.status?.oldSecretEndsAt ?? '', list: 'wide', object: 'wide' },
    { title: 'AGE', value: (webhook, nowMs) => age(webhook.createdAt, nowMs), object: 'never' },
    { title: 'CREATED', value: (webhook) => webhook.createdAt, list: 'wide' },
  ],
};

/** An attempt to deliver an event. */
export const DELIVERY_VIEW: View<WebhookDelivery> = {
  kind: 'delivery',
  nameOf: (delivery) => delivery.id,
  fields: [
    { title: 'ID', value: (delivery) => delivery.id },
    { title: 'EVENT', value: (delivery) => delivery.event },
    { title: 'AT', value: (delivery) => delivery.at },
    { title: 'ATTEMPT', value: ({ attempt }) => (attempt === 0 ? 'redelivery' : attempt) },
    { title: 'OUTCOME', value: (delivery) => delivery.outcome },
    { title: 'ANSWER', value: ({ status, error }) => (typeof status === 'number' ? status : (error ?? '')) },
    { title: 'MS', value: (delivery) => delivery.durationMs },
  ],
};

/** What a plan costs and allows. */
export const PLAN_VIEW: View<Plan> = {
  kind: 'plan',
  nameOf: (plan) => plan.name,
  fields: [
    { title: 'NAME', value: (plan) => plan.name },
    { title: 'DISPLAY NAME', value: (plan) => plan.displayName },
    { title: 'FEE (GBP/MONTH)', value: (plan) => plan.platformFee },
    { title: 'CLUSTERS', value: (plan) => plan.maxClusters },
    { title: 'CPU', value: (plan) => plan.resourcePool?.cpu },
    { title: 'MEMORY (GiB)', value: (plan) => plan.resourcePool?.memory },
    { title: 'STORAGE (GiB)', value: (plan) => plan.resourcePool?.storage },
    { title: 'ACTIVE SERIES', value: (plan) => plan.observabilityPool?.maxActiveSeries, list: 'wide', object: 'wide' },
    { title: 'LOGS (GB)', value: (plan) => plan.observabilityPool?.logIngestGB, list: 'wide', object: 'wide' },
    { title: 'RETENTION (DAYS)', value: (plan) => plan.observabilityPool?.retentionDays, list: 'wide', object: 'wide' },
    { title: 'RECEIVERS', value: (plan) => plan.observabilityPool?.maxReceivers, list: 'wide', object: 'wide' },
  ],
};

/** An event of the tenant. */
export const EVENT_VIEW: View<Event> = {
  kind: 'event',
  nameOf: ({ kind, name }) => `${kind}/${name}`,
  fields: [
    { title: 'TIME', value: ({ at }) => at },
    { title: 'REVISION', value: ({ revision }) => revision, list: 'wide' },
    { title: 'OBJECT', value: ({ kind, name }) => `${kind}/${name}` },
    { title: 'TYPE', value: ({ type }) => type },
    { title: 'MESSAGE', value: ({ message }) => message },
  ],
};
