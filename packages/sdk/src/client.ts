import { type Clock, systemClock } from '@openkupe/contract/clock';
import { type Random, systemRandom } from '@openkupe/contract/random';
import type { RetryPolicy } from '@openkupe/contract/retry/policy';
import { createBreakers } from './circuit-breaker/breakers.ts';
import type { Engine } from './engine.ts';
import { ArgumentError } from './errors/argument-error.ts';
import { type ClientEvent, ignoringErrors, withoutBody } from './events.ts';
import { checkHeaderValue } from './operation.ts';
import { originOf } from './origin.ts';
import { createQuota } from './pace/quota.ts';
import { type Alertmanager, createAlertmanager } from './resources/alertmanager.ts';
import { type ApiKeys, createApiKeys } from './resources/api-keys.ts';
import { type Audit, createAudit } from './resources/audit.ts';
import { type Clusters, createClusters } from './resources/clusters.ts';
import { createEvents, type Events } from './resources/events.ts';
import { createInvoices, type Invoices } from './resources/invoices.ts';
import { createLimits, type Limits } from './resources/limits.ts';
import { createMembers, type Members } from './resources/members.ts';
import { isName } from './resources/paths.ts';
import { createPlans, type Plans } from './resources/plans.ts';
import { createSecrets, type Secrets } from './resources/secrets.ts';
import { createSessions, type Sessions } from './resources/session.ts';
import { createTenantResource, type TenantResource } from './resources/tenant.ts';
import { createWebhooks, type Webhooks } from './resources/webhooks.ts';
import { createPolicy } from './retry/create-policy.ts';
import { sharedState } from './shared-state.ts';
import { startSpan } from './telemetry/open-telemetry.ts';
import { createTransport } from './transport/own-transport.ts';
import type { Transport } from './transport/transport.ts';

/** What a client is made of. */
export interface ClientOptions {
  /** Where the API is, e.g. `https://api.kupe.cloud`; a bare host name means https. */
  readonly host: string;
  readonly tenant: string;
  readonly apiKey: string;
  /** Changes to {@link PAGE_POLICY}. */
  readonly policy?: Partial<RetryPolicy>;
  /** How requests are sent; the runtime's own way when absent. */
  readonly transport?: Transport;
  /** The time; the machine's when absent. */
  readonly clock?: Clock;
  /** Chance, for jitter and ids; the machine's generator when absent. */
  readonly random?: Random;
  /** The `User-Agent`, which browsers replace by their own. */
  readonly userAgent?: string;
  /** Called with every {@link ClientEvent}. What it throws is ignored. */
  readonly onEvent?: (event: ClientEvent) => void;
}

/** The API of one tenant, with one credential. */
export interface Client {
  readonly clusters: Clusters;
  readonly secrets: Secrets;
  readonly tenant: TenantResource;
  readonly members: Members;
  readonly alertmanager: Alertmanager;
  readonly apiKeys: ApiKeys;
  readonly webhooks: Webhooks;
  readonly invoices: Invoices;
  readonly plans: Plans;
  readonly limits: Limits;
  readonly session: Sessions;
  readonly events: Events;
  readonly audit: Audit;
  /** Closes idle connections. */
  close(): void;
}

/**
 * A client for one tenant. Throws a TypeError or RangeError for invalid options.
 *
 * @example
 * const client = createClient({ host: 'https://api.kupe.cloud', tenant: 'acme', apiKey: process.env.KUPE_API_KEY ?? '' });
 * const { value } = await client.clusters.list();
 */
export function createClient(options: ClientOptions): Client {
  const { tenant, apiKey } = options;
  if (!isName(tenant)) throw new ArgumentError(`The tenant ${JSON.stringify(tenant)} is no name; give the name of your tenant`);
  if (!/^[\x21-\x7e]+$/.test(apiKey))
    throw new ArgumentError('The API key is empty or has characters that no key has; give it as it was shown');
  const { clock = systemClock, random = systemRandom, onEvent } = options;
  const origin = originOf(options.host);
  const { userAgent = 'openkupe-sdk/0.1.0' } = options;
  checkHeaderValue('user-agent', userAgent);
  const engine: Engine = {
    origin,
    credential: apiKey,
    userAgent,
    clock,
    random,
    transport: options.transport ?? createTransport(),
    policy: createPolicy(options.policy),
    shared: sharedState(clock, random, origin, apiKey, { createBreakers, createQuota }),
    emit: ignoringErrors(onEvent && ((event) => onEvent(withoutBody(event)))),
    startSpan,
  };
  return {
    clusters: createClusters(engine, tenant),
    secrets: createSecrets(engine, tenant),
    tenant: createTenantResource(engine, tenant),
    members: createMembers(engine, tenant),
    alertmanager: createAlertmanager(engine, tenant),
    apiKeys: createApiKeys(engine, tenant),
    webhooks: createWebhooks(engine, tenant),
    invoices: createInvoices(engine, tenant),
    plans: createPlans(engine),
    limits: createLimits(engine, tenant),
    session: createSessions(engine, tenant),
    events: createEvents(engine, tenant),
    audit: createAudit(engine, tenant),
    close: () => engine.transport.close?.(),
  };
}
