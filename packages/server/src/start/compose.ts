import { userInfo } from 'node:os';
import { ADDRESS_RATE_LIMIT, type Clock, DEFAULT_PLANS, LIMITS, type Random } from '@openkupe/contract';
import type { FastifyInstance } from 'fastify';
import { createApiKeyAuthenticator } from '../auth/api-key-authenticator.ts';
import { createAuthenticator } from '../auth/authenticator.ts';
import { type AuthBackoff, createAuthBackoff } from '../auth/backoff/auth-backoff.ts';
import { createIssuerKeys } from '../auth/issuer-keys.ts';
import { createLastUsed } from '../auth/last-used.ts';
import { createOidcAuthenticator } from '../auth/oidc-authenticator.ts';
import { roleInTenant } from '../auth/role-in-tenant.ts';
import { verifyCredential } from '../auth/verify-credential.ts';
import { createClosingJob } from '../billing/closing-job.ts';
import type { Config } from '../config/config.ts';
import { loadSecrets } from '../config/secrets.ts';
import type { ClusterEngine } from '../engines/engine.ts';
import { createSandboxEngine } from '../engines/sandbox/sandbox-engine.ts';
import { type AnswerCount, createAnswerCount } from '../http/answer-count.ts';
import { createHttpServer, type HttpDependencies } from '../http/http-server.ts';
import { createMetricsServer } from '../http/metrics-server.ts';
import { createJsonLog } from '../log/json-log.ts';
import { createMetricsPage } from '../metrics/metrics-page.ts';
import { createOperatorServer } from '../operator/operator-server.ts';
import { listenForOperator } from '../operator/socket-path.ts';
import { createOverload } from '../overload/overload.ts';
import { createUnreadAnswers, type UnreadAnswers } from '../overload/unread-answers.ts';
import { createUploadLimit, type UploadLimits } from '../overload/upload-limit.ts';
import { createLifecycle, type Lifecycle } from '../pipeline/lifecycle.ts';
import { createPipeline, type PipelineDependencies } from '../pipeline/pipeline.ts';
import { loadPlatform } from '../platform/platform.ts';
import { type AddressLimit, createAddressLimit } from '../rate-limit/address-limit.ts';
import { type CallerLimits, createCallerLimits } from '../rate-limit/caller-limits.ts';
import { createReconciler } from '../reconciler/reconciler.ts';
import type { HandlerDependencies } from '../routes/define-handler.ts';
import { createHandlers } from '../routes/index.ts';
import { createDeletionPace } from '../routes/tenants/deletion-pace.ts';
import { type LocalValues, openLocalValues } from '../secrets-backend/local/local-values.ts';
import { createOpenBaoValues } from '../secrets-backend/openbao/openbao-values.ts';
import { createDamageReport, type DamageReport } from '../store/broken-data.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { StartWriter } from '../store/sqlite/writer.ts';
import type { Store } from '../store/store.ts';
import { type ConfirmedTime, createConfirmedTime } from '../time/confirmed-time.ts';
import { runBackgroundTasks } from './background-tasks.ts';
import { companionsOfDatabase, dataFolderAt } from './data-folder.ts';
import { watchDataFolder } from './watch-data-folder.ts';

/** What the public side is made of: each part knows only what it uses of it. */
export interface Ports extends PipelineDependencies, HandlerDependencies, HttpDependencies {
  readonly clock: Clock;
  readonly confirmedTime: ConfirmedTime;
  readonly store: Store;
  readonly engine: ClusterEngine;
  readonly addressLimit: AddressLimit;
  readonly authBackoff: AuthBackoff;
  readonly callerLimits?: CallerLimits | undefined;
  readonly unread: UnreadAnswers;
  readonly lifecycle: Lifecycle;
  readonly damage: DamageReport;
  readonly answers: AnswerCount;
}

/** The control plane with its adapters chosen. */
export interface ControlPlane {
  readonly ports: Ports;
  /** The vault that comes with the embedded store, for the operator to put values into. */
  readonly localValues: LocalValues;
  readonly http: FastifyInstance;
  /** Memory of the limits, taken at the start. */
  readonly limitBytes: number;
  /** Starts the metrics, the operator's socket, the reconciler and the background tasks. The HTTP side is started by listening. */
  start(): Promise<{ readonly metricsUrl: string | undefined }>;
  /** Lets running requests finish for at most `drainMs`, refuses the rest with 503, then closes everything in order. */
  stop(drainMs: number): Promise<void>;
}

/** Few addresses send wrong credentials at the same time. */
const ADDRESSES_PER_FAILING_ONE = 32;

/** The only place that names every adapter. `startWriter`: how the store writes, where not in a thread of its own. */
export async function compose(config: Config, machine: { clock: Clock; random: Random; startWriter?: StartWriter }): Promise<ControlPlane> {
  const { clock, random, startWriter } = machine;
  const log = createJsonLog(config.logLevel);
  const damage = createDamageReport(log);
  const folder = dataFolderAt(config.dataFolder);
  const store = await openSqliteStore({
    folder: config.dataFolder,
    clock,
    damage,
    ...(startWriter && { startWriter }),
    companions: () => companionsOfDatabase(config.dataFolder),
  });
  const secrets = await loadSecrets(folder, { random, store }).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const { requirePlace } = store;
  const confirmedTime = createConfirmedTime(clock, await store.knownTime());
  const lastUsed = createLastUsed({ store, clock });
  const issuerKeys = config.oidc && createIssuerKeys(config.oidc.issuer, { clock, log });
  const authenticator = createAuthenticator(
    createApiKeyAuthenticator({ store, clock, confirmedTime, pepper: secrets.pepper, lastUsed }),
    config.oidc && issuerKeys && createOidcAuthenticator(config.oidc, { keys: issuerKeys, clock }),
  );
  const localValues = await openLocalValues({ folder: folder.secretValues, key: secrets.answerKey, random, requirePlace, damage });
  const secretValues = config.openbao ? createOpenBaoValues({ ...config.openbao, clock }) : localValues;
  const lifecycle = createLifecycle();
  const addressLimit = createAddressLimit({
    clock,
    random,
    log,
    address: { ...ADDRESS_RATE_LIMIT, ...config.rateLimit, isShadow: config.isAddressShadow },
    addresses: config.rateAddresses,
  });
  const authBackoff = createAuthBackoff({ clock, random, log, entries: Math.ceil(config.rateAddresses / ADDRESSES_PER_FAILING_ONE) });
  const engine = await createSandboxEngine({
    folder: folder.sandbox,
    damage,
    requirePlace,
    clock,
    random,
    durations: config.durations,
    checkToken: async (credential, tenant, address) =>
      roleInTenant(await verifyCredential({ address, credential }, { authenticator, addressLimit, authBackoff }), tenant, store),
  });
  const parts = {
    clock,
    confirmedTime,
    random,
    store,
    engine,
    idempotencyRecordBytesPerTenant: config.idempotencyRecordBytesPerTenant,
    lifecycle,
    damage,
    log,
    answers: createAnswerCount(),
    addressLimit,
    authBackoff,
    overload: createOverload({ clock }),
    unread: createUnreadAnswers({
      limits: { bytes: LIMITS.unreadBytesPerAddress, totalBytes: LIMITS.unreadBytesTogether },
      trustedProxies: config.trustedProxies,
    }),
    uploads: createUploadLimit({ clock, limits: uploadLimits(config.rateLimit.burst) }),
    callerLimits: config.callerPolicies && createCallerLimits({ clock, random, policies: config.callerPolicies }),
    authenticator,
    issuerKeys,
    oidc: config.oidc,
    plans: DEFAULT_PLANS,
    deletionPace: createDeletionPace(clock),
    trustedProxies: config.trustedProxies,
    forwardingHeader: config.forwardingHeader,
    pepper: secrets.pepper,
    answerKey: secrets.answerKey,
    masksForEveryone: config.masks === 'everyone',
  };
  const ports: Ports = { ...parts, handlers: createHandlers(parts) };
  const http = createHttpServer(createPipeline(ports), ports, config);
  const page = createMetricsPage({ ...ports, callerLimits: ports.callerLimits });
  const metrics = createMetricsServer({ page, clock, random, log });
  const operator = createOperatorServer({
    ...ports,
    metricsPage: page,
    localValues: config.openbao ? undefined : localValues,
    account: userInfo().username,
  });
  const loadPlans = async () => (await loadPlatform(ports)).plans;
  const reconciler = createReconciler({ store, engine, secretValues, loadPlans, clock, confirmedTime, random, log });
  const closeMonths = createClosingJob({ store, confirmedTime, log, loadPlans });
  const stopping = new AbortController();
  let chores = Promise.resolve();
  let watching = Promise.resolve();

  return {
    ports,
    localValues,
    http,
    limitBytes: addressLimit.bytes + authBackoff.bytes + (ports.callerLimits?.bytes ?? 0),
    async start() {
      const metricsUrl = config.metrics && (await metrics.listen(config.metrics));
      await listenForOperator(operator, config, log);
      await reconciler.start();
      void issuerKeys?.probe();
      watching = watchDataFolder(store, config.dataFolder, { clock, log }, stopping.signal);
      chores = runBackgroundTasks(
        { store, clock, confirmedTime, lastUsed, log, closeMonths, auditRetentionMs: config.auditRetentionMs },
        stopping.signal,
      );
      return { metricsUrl };
    },
    async stop(drainMs) {
      const patience = new AbortController();
      await Promise.race([lifecycle.drain(), clock.sleep(drainMs, patience.signal).catch(() => {})]);
      patience.abort();
      await closeListener(http, clock);
      await operator.close();
      await metrics.close();
      stopping.abort();
      await chores;
      await watching;
      await reconciler.stop();
      await lastUsed.flush().catch((error: unknown) => log.warn({ err: error }, 'when keys were used last could not be written'));
      await store.keepKnownTime(confirmedTime.known()).catch((error) => log.warn({ err: error }, 'the time could not be written down'));
      await engine.close();
      await store.close();
    },
  };
}

/** A burst that the address limit allows finds room here, too, as long as it does not dawdle. */
function uploadLimits(burst: number): UploadLimits {
  const { bodyBytesPerAddress: bytes, bodyBytesTogether: totalBytes, requestTimeoutMs: longestMs } = LIMITS;
  return { uploads: Math.max(ADDRESS_RATE_LIMIT.burst, burst), bytes, totalBytes, longestMs };
}

/** Answers that are decided still have to reach their callers; a client that is too slow for that is cut off. */
const FLUSH_MS = 1_000;

async function closeListener(http: FastifyInstance, clock: Clock): Promise<void> {
  const patience = new AbortController();
  const closed = http.close().then(() => patience.abort());
  await clock.sleep(FLUSH_MS, patience.signal).catch(() => {});
  http.server.closeAllConnections();
  await closed;
}
