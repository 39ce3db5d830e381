import { createHmac } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { ADDRESS_RATE_LIMIT, type Clock, DEFAULT_PLANS, LIMITS, type Random } from '@openkupe/contract';
import { createApiKeyAuthenticator } from '../auth/api-key-authenticator.ts';
import { AuthBackoff } from '../auth/backoff/auth-backoff.ts';
import { createLastUsed } from '../auth/last-used.ts';
import { roleInTenant } from '../auth/role-in-tenant.ts';
import { createAuthenticator, verifyCredential } from '../auth/verify-credential.ts';
import { createClosingJob } from '../billing/closing-job.ts';
import type { Config } from '../config/config.ts';
import { type DatabaseSettings, loadDatabaseAddress, readSecretFile } from '../config/database.ts';
import { loadSecrets, type Secrets } from '../config/secrets.ts';
import { SETTINGS } from '../config/settings.ts';
import { loadValkeyAddress } from '../config/valkey.ts';
import { createReconcileCounters, type ReconcileCounters } from '../counters/reconcile-counters.ts';
import { createRequestCounters, type RequestCounters } from '../counters/request-counters.ts';
import { createWriteCounters, type WriteCounters } from '../counters/write-counters.ts';
import { prepareHmacSha256 } from '../crypto/hmac-sha256.ts';
import type { ClusterEngine } from '../engines/engine.ts';
import type { TokenReviewAccess } from '../engines/token-review-access.ts';
import { createEventHub } from '../events/event-hub.ts';
import { createStreamSlots } from '../events/stream-slots.ts';
import { createHttpServer, type HttpDependencies, type HttpServer } from '../http/http-server.ts';
import { createMetricsServer } from '../http/metrics-server.ts';
import { type AnswerCount, createAnswerCount } from '../http/send-reply.ts';
import { createJsonLog } from '../log/json-log.ts';
import type { Log } from '../log/log.ts';
import { createMetricsPage } from '../metrics/metrics-page.ts';
import { createOperatorServer } from '../operator/operator-server.ts';
import { resolveHost } from '../outgoing/resolve-host.ts';
import { createOverload } from '../overload/overload.ts';
import { createUnreadAnswers, type UnreadAnswers } from '../overload/unread-answers.ts';
import { createUploadLimit, type UploadLimits } from '../overload/upload-limit.ts';
import { createLifecycle, type Lifecycle } from '../pipeline/pass-overload.ts';
import { createPipeline, type PipelineDependencies } from '../pipeline/pipeline.ts';
import { createWorkersOnlyPipeline } from '../pipeline/workers-only.ts';
import { loadPlatform } from '../platform/platform.ts';
import { AddressLimit, type AddressRateLimit, networkLimitOf } from '../rate-limit/address-limit.ts';
import { CallerLimits } from '../rate-limit/caller-limits.ts';
import { SharedAddressLimit } from '../rate-limit/shared-address-limit.ts';
import { createStepExplanation } from '../reconciler/clusters/explain-step.ts';
import { createReconciler } from '../reconciler/reconciler.ts';
import type { HandlerDependencies } from '../routes/define-handler.ts';
import { createHandlers } from '../routes/index.ts';
import { createDeletionPace } from '../routes/tenants/deletion-pace.ts';
import { type LocalValues, openLocalValues } from '../secrets-backend/local/local-values.ts';
import { createOpenBaoValues } from '../secrets-backend/openbao/openbao-values.ts';
import { createStoredValues } from '../secrets-backend/stored/stored-values.ts';
import { createDamageReport, type DamageReport } from '../store/broken-data.ts';
import { createKeyedMutex } from '../store/keyed-mutex.ts';
import type { openPostgresStore } from '../store/postgres/postgres-store.ts';
import { databaseNameIn } from '../store/sqlite/database-files.ts';
import { type EmbeddedStore, openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { StartWriter } from '../store/sqlite/writer.ts';
import type { Store } from '../store/store.ts';
import { type BeginTerm, beginSoleTerm } from '../store/term.ts';
import { type ConfirmedTime, createConfirmedTime } from '../time/confirmed-time.ts';
import { createClusterCredentials } from '../token-review/cluster-credentials.ts';
import { createReviewPages } from '../token-review/review-pages.ts';
import { createTokenReviewAccess, warnOfLoopback } from '../token-review/token-review-access.ts';
import { createWebhookDeliveries } from '../webhooks/deliveries.ts';
import { createDeliveryCounters } from '../webhooks/delivery-counters.ts';
import { accountName } from './account-name.ts';
import { loadCertificate } from './certificate.ts';
import { companionsOfDatabase, dataFolderAt } from './data-folder.ts';
import { composeEngines } from './engines/compose.ts';
import { keepEngineChoice } from './engines/engine-choice.ts';
import { wakeOnChange } from './engines/wake-on-change.ts';
import { createRunning, type Running } from './running.ts';
import { createWorking } from './working.ts';

/** What the public side is made of: each part knows only what it uses of it. */
export interface Ports extends PipelineDependencies, HandlerDependencies, HttpDependencies {
  readonly clock: Clock;
  readonly confirmedTime: ConfirmedTime;
  readonly store: Store;
  readonly engine: ClusterEngine;
  readonly addressLimit: AddressRateLimit;
  readonly authBackoff: AuthBackoff;
  readonly callerLimits?: CallerLimits | undefined;
  readonly unread: UnreadAnswers;
  readonly lifecycle: Lifecycle;
  readonly damage: DamageReport;
  readonly answers: AnswerCount;
  readonly requests: RequestCounters;
  readonly reconciles: ReconcileCounters;
  readonly writes: WriteCounters;
}

/** The control plane with its adapters chosen. */
export interface ControlPlane extends Running {
  readonly ports: Ports;
  /** The secret store that comes with the embedded store, for the operator to put values into. */
  readonly localValues: LocalValues;
  readonly http: HttpServer;
  /** Memory of the limits, taken at the start. */
  readonly limitBytes: number;
  /** Takes on the settings that can change while it runs (`RELOADED` in config/settings.ts). */
  reload(config: Config): void;
}

/**
 * What the machine gives. `startWriter`: how the store writes, where not in a thread of its own. A simulation, where several control planes share
 * one store and one engine in one process, brings both.
 */
interface Machine {
  readonly clock: Clock;
  readonly random: Random;
  readonly startWriter?: StartWriter;
  readonly store?: EmbeddedStore;
  readonly engine?: ClusterEngine;
}

type Data = Awaited<ReturnType<typeof openData>>;

/** The store in PostgreSQL, with its driver, which only this loads. */
async function openDatabase(database: DatabaseSettings, options: Omit<Parameters<typeof openPostgresStore>[0], 'address'>) {
  const { openPostgresStore } = await import('../store/postgres/postgres-store.ts');
  return openPostgresStore({ ...options, address: await loadDatabaseAddress(database) });
}

/** What outlives the process: the store, the secrets of the installation, and the time as it was known. Nothing stays open if one fails. */
async function openData(config: Config, { clock, random, startWriter, store: given }: Machine) {
  const log = createJsonLog(config.logLevel);
  const damage = createDamageReport(log);
  const folder = dataFolderAt(config.dataFolder);
  const writes = createWriteCounters();
  const opened = {
    folder: config.dataFolder,
    companions: () => companionsOfDatabase(config.dataFolder),
    clock,
    damage,
    keptEvents: config.keptEvents,
    writes,
  };
  const embedded = () => databaseNameIn(config.dataFolder) ?? [];
  const openStore = () =>
    config.database
      ? openDatabase(config.database, { ...opened, companions: () => [embedded(), opened.companions()].flat() })
      : openSqliteStore({ ...opened, ...(startWriter && { startWriter }) });
  const store = given ?? (await openStore());
  try {
    const secrets = await loadSecrets(folder, {
      random,
      store,
      isElsewhere: config.database !== undefined,
      given: config.secrets,
    });
    const confirmedTime = createConfirmedTime(clock, await store.knownTime());
    const { requirePlace } = store;
    const key = secrets.answerKey;
    const files = await openLocalValues({ folder: folder.secretValues, key, random, requirePlace, damage });
    const localValues = createStoredValues({ store, key, clock, random, damage, files, takesNew: config.database !== undefined });
    const { beginTerm = beginSoleTerm } = store as { beginTerm?: BeginTerm };
    return { log, damage, writes, folder, store, secrets, confirmedTime, localValues, beginTerm };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Few addresses send wrong credentials at the same time. */
const ADDRESSES_PER_FAILING_ONE = 32;

/** Access tokens of an issuer, where there is one; the library that verifies them takes 5 MiB. */
async function composeOidc(oidc: NonNullable<Config['oidc']>, { clock }: Machine, log: Log) {
  const { createIssuerKeys } = await import('../auth/issuer-keys.ts');
  const { createOidcAuthenticator } = await import('../auth/oidc-authenticator.ts');
  const issuerKeys = createIssuerKeys(oidc.issuer, { clock, log });
  return { issuerKeys, authenticator: createOidcAuthenticator(oidc, { keys: issuerKeys, clock }) };
}

/** The key of the hashes that all processes of an installation have to agree about. */
function sharedHashKey({ pepper }: Secrets) {
  const key = createHmac('sha256', pepper).update('openkupe shared limit').digest();
  return { low: key.readInt32LE(0), high: key.readInt32LE(4) };
}

/** The limit per address: of this process, or of all that share a Valkey server, whose client only this loads. */
async function composeAddressLimit(config: Config, { clock, random }: Machine, { log, secrets }: Pick<Data, 'log' | 'secrets'>) {
  const address = { ...ADDRESS_RATE_LIMIT, ...config.rateLimit, isShadow: config.isAddressShadow };
  const options = { clock, random, log, address, addresses: config.rateAddresses };
  // A process that serves no requests has no share.
  if (!config.valkey || config.role === 'workers') return { addressLimit: new AddressLimit(options) };
  const { ValkeyLimit } = await import('../rate-limit/valkey/valkey-limit.ts');
  const at = await loadValkeyAddress(config.valkey);
  const { processes } = config.valkey;
  const boundMs = LIMITS.sharedLimitMs;
  const store = new ValkeyLimit({ clock, random, log, address: at, limit: address, network: networkLimitOf(address), processes, boundMs });
  await store.start();
  const local = new AddressLimit({ ...options, hashKey: sharedHashKey(secrets) });
  return { addressLimit: new SharedAddressLimit({ clock, address, local, store }), sharedLimit: store };
}

/** Who may ask, and how often. */
async function composeAccess(config: Config, { clock, random }: Machine, { log, store, secrets, confirmedTime }: Data) {
  const lastUsed = createLastUsed({ store, clock });
  const oidc = config.oidc && (await composeOidc(config.oidc, { clock, random }, log));
  return {
    lastUsed,
    issuerKeys: oidc?.issuerKeys,
    authenticator: createAuthenticator(
      createApiKeyAuthenticator({ store, clock, confirmedTime, random, hmac: prepareHmacSha256(secrets.pepper), lastUsed }),
      oidc?.authenticator,
    ),
    ...(await composeAddressLimit(config, { clock, random }, { log, secrets })),
    authBackoff: new AuthBackoff({ clock, random, log, entries: Math.ceil(config.rateAddresses / ADDRESSES_PER_FAILING_ONE) }),
    callerLimits: config.callerPolicies && new CallerLimits({ clock, random, policies: config.callerPolicies }),
  };
}

type Access = Awaited<ReturnType<typeof composeAccess>>;

async function composeTokenReview(
  { tokenReview: { origin, caFile }, engines }: Config,
  { secrets, log }: Data,
  listensAt: () => AddressInfo | string | null,
) {
  warnOfLoopback(origin, Object.values(engines), log);
  const caPem = await readSecretFile(caFile, SETTINGS.tokenReviewCaFile.variable);
  return createTokenReviewAccess({ origin, caPem, credentials: createClusterCredentials(secrets.pepper), listensAt });
}

async function composeEngine(
  config: Config,
  { clock, random }: Machine,
  { log, damage, folder, store, secrets }: Data,
  access: Access,
  tokenReview: TokenReviewAccess,
): Promise<ClusterEngine> {
  const { requirePlace } = store;
  await keepEngineChoice(store, config.engines, clock.now());
  const sandbox = {
    folder: folder.sandbox,
    store,
    key: secrets.answerKey,
    damage,
    requirePlace,
    clock,
    random,
    durations: config.durations,
    checkToken: async (credential: string, tenant: string, address: string) =>
      roleInTenant(await verifyCredential({ address, credential }, access), tenant, store),
  };
  const local = { folder: folder.localClusters, clock, random, log, damage, requirePlace };
  return composeEngines({ config, sandbox, local, tokenReview });
}

/** A burst that the address limit allows finds room here, too, as long as it does not dawdle. */
function uploadLimits(burst: number): UploadLimits {
  const { bodyBytesPerAddress: bytes, bodyBytesTogether: totalBytes, requestTimeoutMs: longestMs } = LIMITS;
  return { uploads: Math.max(ADDRESS_RATE_LIMIT.burst, burst), bytes, totalBytes, longestMs };
}

function composePorts(config: Config, { clock, random }: Machine, data: Data, access: Access, engine: ClusterEngine): Ports {
  const { secrets, folder: _folder, localValues: _localValues, beginTerm: _beginTerm, ...opened } = data;
  const { trustedProxies, forwardingHeader, idempotencyRecordBytesPerTenant, oidc } = config;
  const parts = {
    ...opened,
    ...access,
    clock,
    random,
    engine,
    idempotencyRecordBytesPerTenant,
    lifecycle: createLifecycle(),
    answers: createAnswerCount(),
    requests: createRequestCounters(),
    reconciles: createReconcileCounters(),
    explainStep: createStepExplanation({ engine, clock }),
    contended: createKeyedMutex(),
    eventHub: createEventHub({ store: opened.store, clock, log: opened.log }),
    streamSlots: createStreamSlots(Math.floor(config.connections.together * LIMITS.streamsShare)),
    overload: createOverload({ clock }),
    unread: createUnreadAnswers({
      limits: { bytes: LIMITS.unreadBytesPerAddress, totalBytes: LIMITS.unreadBytesTogether },
      trustedProxies,
    }),
    uploads: createUploadLimit({ clock, limits: uploadLimits(config.rateLimit.burst) }),
    oidc,
    plans: DEFAULT_PLANS,
    deletionPace: createDeletionPace({ ...opened, random }),
    trustedProxies,
    forwardingHeader,
    pepper: secrets.pepper,
    answerKey: secrets.answerKey,
    masksForEveryone: config.masks === 'everyone',
    allowsInternalWebhooks: config.allowsInternalWebhooks,
  };
  const reviewPages = createReviewPages({ ...parts, clusterCredentials: createClusterCredentials(secrets.pepper) });
  return { ...parts, reviewPages, handlers: createHandlers(parts) };
}

/** The only place that names every adapter. */
export async function compose(config: Config, machine: Machine): Promise<ControlPlane> {
  const { clock, random } = machine;
  const data = await openData(config, machine);
  const access = await composeAccess(config, machine, data);
  const tokenReview = await composeTokenReview(config, data, () => http.server.address());
  const engine = machine.engine ?? (await composeEngine(config, machine, data, access, tokenReview));
  const ports = composePorts(config, machine, data, access, engine);
  const { log, store, confirmedTime, localValues, beginTerm } = data;
  const { lastUsed, addressLimit, authBackoff, callerLimits, sharedLimit } = access;

  const pipeline = config.role === 'workers' ? createWorkersOnlyPipeline(ports) : createPipeline(ports);
  const certificate = config.tlsFiles && (await loadCertificate(config.tlsFiles));
  const http = createHttpServer(pipeline, ports, { ...config, tls: certificate });
  const secretValues = config.openbao ? createOpenBaoValues({ ...config.openbao, clock }) : localValues;
  const loadPlans = async () => (await loadPlatform(ports)).plans;
  const { allowsInternalWebhooks: mayBeInternal } = config;
  const { answerKey } = data.secrets;
  const deliveryCounters = createDeliveryCounters();
  const webhookPorts = { store, clock, random, log, answerKey, mayBeInternal, resolve: resolveHost, counters: deliveryCounters };
  const working = createWorking({
    beginTerm,
    createReconciler: () =>
      createReconciler({
        store,
        engine,
        secretValues,
        webhooks: createWebhookDeliveries(webhookPorts),
        loadPlans,
        clock,
        confirmedTime,
        random,
        log,
        counters: ports.reconciles,
      }),
    engine,
    clock,
    log,
  });
  wakeOnChange(engine, { store, clock, log });
  const page = createMetricsPage({
    ...ports,
    certificateEndsAt: () => http.certificateEndsAt,
    callerLimits,
    sharedLimit,
    working,
    deliveryCounters,
  });
  const operator = createOperatorServer({
    ...ports,
    metricsPage: page,
    localValues: config.openbao ? undefined : localValues,
    account: accountName(),
  });
  const running = createRunning({
    ...ports,
    config,
    store,
    lastUsed,
    sharedLimit,
    http,
    certificate,
    operator,
    metrics: createMetricsServer({ page, clock, random, log }),
    working,
    closeMonths: createClosingJob({ store, confirmedTime, log, loadPlans }),
  });
  return {
    ...running,
    ports,
    localValues,
    http,
    limitBytes: addressLimit.bytes + authBackoff.bytes + (callerLimits?.bytes ?? 0),
    reload: (next) => log.setLevel(next.logLevel),
  };
}
