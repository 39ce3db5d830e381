import type {
  OperatorClock,
  OperatorProvisioning,
  OperatorReopening,
  OperatorSecretVersion,
  OperatorTenant,
  OperatorVersion,
} from '@openkupe/contract/operator';
import { age } from '../output/age.ts';
import type { View } from '../output/result.ts';

/** A tenant as operators see it, with why it is suspended. */
export const OPERATOR_TENANT_VIEW: View<OperatorTenant> = {
  kind: 'tenant',
  nameOf: (tenant) => tenant.name,
  fields: [
    { title: 'NAME', value: (tenant) => tenant.name },
    { title: 'DISPLAY NAME', value: (tenant) => tenant.displayName, list: 'wide' },
    { title: 'PHASE', value: (tenant) => tenant.phase },
    { title: 'REASON', value: (tenant) => tenant.reason ?? '', list: 'wide' },
    { title: 'PLAN', value: (tenant) => tenant.plan },
    { title: 'CLUSTERS', value: (tenant) => String(tenant.clusterCount) },
    { title: 'DEDICATED', value: (tenant) => (tenant.allowsDedicated ? 'yes' : 'no'), list: 'wide' },
    { title: 'OWNER', value: (tenant) => tenant.contactEmail },
    { title: 'AGE', value: (tenant, nowMs) => age(tenant.createdAt, nowMs), object: 'never' },
    { title: 'CREATED', value: (tenant) => tenant.createdAt, list: 'wide' },
  ],
};

/** A Kubernetes version and whether it is offered. */
export const VERSION_VIEW: View<OperatorVersion> = {
  kind: 'version',
  nameOf: (version) => version.minor,
  fields: [
    { title: 'VERSION', value: (version) => version.minor },
    { title: 'RUNS', value: (version) => version.full },
    { title: 'STATE', value: (version) => version.state },
  ],
};

/** Which version of the values at a path was put. */
export const SECRET_VERSION_VIEW: View<OperatorSecretVersion> = {
  kind: 'secret-values',
  nameOf: ({ path }) => path,
  fields: [
    { title: 'PATH', value: ({ path }) => path },
    { title: 'VERSION', value: ({ version }) => version },
  ],
};

/** Whether new clusters are refused. */
export const PROVISIONING_VIEW: View<OperatorProvisioning> = {
  kind: 'provisioning',
  nameOf: ({ isPaused }) => (isPaused ? 'paused' : 'running'),
  fields: [{ title: 'PROVISIONING', value: ({ isPaused }) => (isPaused ? 'paused' : 'running') }],
};

/** The wall clock and the time that bills go by. */
export const CLOCK_VIEW: View<OperatorClock> = {
  kind: 'clock',
  nameOf: ({ state }) => state,
  fields: [
    { title: 'WALL CLOCK', value: ({ wallTime }) => wallTime },
    { title: 'BILLS GO BY', value: ({ billedTime }) => billedTime },
    { title: 'STATE', value: ({ state }) => state },
    { title: 'MESSAGE', value: ({ message }) => message },
  ],
};

/** Which period was reopened, and the invoices that are void now. */
export const REOPENING_VIEW: View<OperatorReopening> = {
  kind: 'reopening',
  nameOf: ({ reopened }) => reopened,
  fields: [
    { title: 'TENANT', value: ({ tenant }) => tenant },
    { title: 'REOPENED', value: ({ reopened }) => reopened },
    { title: 'VOID NOW', value: ({ voided }) => voided.join(', ') },
  ],
};

/** The rate limits and failed authentications of an address group. */
export interface AddressLimits {
  readonly group: string;
  readonly limits: readonly { readonly name: string; readonly quota: number; readonly remaining: number; readonly resetSeconds: number }[];
  readonly authentication: { readonly failures: number; readonly blockedForMs: number };
}

/** What is left of the limits of an address, and its failed authentications. */
export const LIMITS_VIEW: View<AddressLimits> = {
  kind: 'limits',
  nameOf: (address) => address.group,
  fields: [
    { title: 'ADDRESS', value: (address) => address.group },
    {
      title: 'REMAINING',
      value: ({ limits }) => limits.map(({ name, remaining, quota }) => `${name} ${remaining} of ${quota}`).join(', '),
    },
    { title: 'FAILED LOGINS', value: ({ authentication }) => String(authentication.failures) },
    { title: 'BLOCKED FOR', value: ({ authentication }) => `${Math.ceil(authentication.blockedForMs / 1_000)} s` },
  ],
};
