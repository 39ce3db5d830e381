import { createAlertmanagerDeliveries } from '../alertmanager/deliveries.ts';
import { createClosingJob } from '../billing/closing-job.ts';
import type { Config } from '../config/config.ts';
import { createBillingCounters } from '../counters/billing-counters.ts';
import { createClusterCensus } from '../counters/cluster-census.ts';
import { createHttpServer, type HttpServer } from '../http/http-server.ts';
import { createMetricsServer } from '../http/metrics-server.ts';
import { createMetricsPage } from '../metrics/metrics-page.ts';
import { createOperatorServer } from '../operator/operator-server.ts';
import { resolveHost } from '../outgoing/resolve-host.ts';
import { createPipeline } from '../pipeline/pipeline.ts';
import { createWorkersOnlyPipeline } from '../pipeline/workers-only.ts';
import { loadPlatform } from '../platform/platform.ts';
import { createReconciler } from '../reconciler/reconciler.ts';
import type { LocalValues } from '../secrets-backend/local/local-values.ts';
import { createOpenBaoValues } from '../secrets-backend/openbao/openbao-values.ts';
import { createWebhookDeliveries } from '../webhooks/deliveries.ts';
import { createDeliveryCounters } from '../webhooks/delivery-counters.ts';
import { accountName } from './account-name.ts';
import { loadCertificate } from './certificate.ts';
import { composeAccess } from './compose-access.ts';
import { composeAlertmanager } from './compose-alertmanager.ts';
import { type Machine, openData } from './compose-data.ts';
import { composeEngine, composeTokenReview } from './compose-engine.ts';
import { composePorts, type Ports } from './compose-ports.ts';
import { wakeOnChange } from './engines/wake-on-change.ts';
import { createRunning, type Running } from './running.ts';
import { createWorking } from './working.ts';

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

/** Starts nothing: chooses the adapters, and hands each part what it uses. The files `compose-*.ts` do it part by part. */
export async function compose(config: Config, machine: Machine): Promise<ControlPlane> {
  const { clock, random, around } = machine;
  const data = await openData(config, machine);
  const access = await composeAccess(config, machine, data);
  const tokenReview = await composeTokenReview(config, data, () => http.server.address());
  const engine = machine.engine ?? (await composeEngine(config, machine, data, access, tokenReview));
  const ports = composePorts(config, machine, data, access, engine);
  const alertmanager = await composeAlertmanager(config, machine, data);
  const { log, store, confirmedTime, localValues, beginTerm } = data;
  const { lastUsed, addressLimit, authBackoff, callerLimits, sharedLimit } = access;

  const pipeline = config.role === 'workers' ? createWorkersOnlyPipeline(ports) : createPipeline(ports);
  const certificate = config.tlsFiles && (await loadCertificate(config.tlsFiles));
  const http = createHttpServer(pipeline, ports, { ...config, tls: certificate, ...(around && { around }) });
  const secretValues = config.openbao ? createOpenBaoValues({ ...config.openbao, clock }) : localValues;
  const loadPlans = async () => (await loadPlatform(ports)).plans;
  const { allowsInternalWebhooks: mayBeInternal } = config;
  const deliveryCounters = createDeliveryCounters();
  const { answerKey } = data.secrets;
  const webhookPorts = { store, clock, random, log, answerKey, mayBeInternal, resolve: resolveHost, counters: deliveryCounters };
  const working = createWorking({
    beginTerm,
    createReconciler: () =>
      createReconciler({
        store,
        engine,
        secretValues,
        webhooks: createWebhookDeliveries(webhookPorts),
        alertmanager: alertmanager && createAlertmanagerDeliveries(alertmanager),
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
  const billing = createBillingCounters();
  const counted = { billing, census: createClusterCensus(config.engines, { store, clock }), deliveryCounters };
  const page = createMetricsPage({
    ...ports,
    ...counted,
    certificateEndsAt: () => http.certificateEndsAt,
    callerLimits,
    sharedLimit,
    working,
    alertmanagerCounters: alertmanager?.counters,
  });
  const heldValues = config.openbao ? undefined : localValues;
  const operator = createOperatorServer({ ...ports, metricsPage: page, localValues: heldValues, account: accountName() });
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
    closeMonths: createClosingJob({ store, confirmedTime, log, counters: billing, loadPlans }),
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
