import type { Clock } from '@openkupe/contract';
import type { IssuerKeys } from '../auth/issuer-keys.ts';
import type { LastUsed } from '../auth/last-used.ts';
import type { Config } from '../config/config.ts';
import type { ClusterEngine } from '../engines/engine.ts';
import type { EventHub } from '../events/event-hub.ts';
import type { HttpServer } from '../http/http-server.ts';
import type { MetricsServer } from '../http/metrics-server.ts';
import type { TlsMaterial } from '../http/tls.ts';
import type { Log } from '../log/log.ts';
import { listenForOperator, type OperatorServer } from '../operator/operator-server.ts';
import type { Lifecycle } from '../pipeline/pass-overload.ts';
import type { SharedLimit } from '../rate-limit/shared-limit.ts';
import type { Store } from '../store/store.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';
import { runBackgroundTasks } from './background-tasks.ts';
import { warnOfExpiry, watchCertificate } from './certificate.ts';
import { watchDataFolder } from './watch-data-folder.ts';
import type { Working } from './working.ts';

/** The control plane between its start and its end. */
export interface Running {
  /** Starts the metrics, the operator's socket, the work on what is due (unless it is left to others) and the background tasks. The HTTP side is started by listening. */
  start(): Promise<{ readonly metricsUrl: string | undefined }>;
  /** Lets running requests finish for at most `drainMs`, refuses the rest with 503, then closes everything in order. */
  stop(drainMs: number): Promise<void>;
}

/** What is started, and closed in the end. */
interface RunningParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly confirmedTime: ConfirmedTime;
  readonly lifecycle: Lifecycle;
  readonly store: Store & { readonly isInPlace: () => boolean };
  readonly engine: ClusterEngine;
  readonly issuerKeys?: Pick<IssuerKeys, 'probe'> | undefined;
  readonly lastUsed: LastUsed;
  readonly sharedLimit?: Pick<SharedLimit, 'close'> | undefined;
  readonly http: HttpServer;
  readonly certificate?: TlsMaterial | undefined;
  readonly eventHub: Pick<EventHub, 'close'>;
  readonly operator: OperatorServer;
  readonly metrics: MetricsServer;
  readonly working: Working;
  readonly closeMonths: () => Promise<void>;
}

/** Answers that are decided still have to reach their callers; a client that is too slow for that is cut off. */
const FLUSH_MS = 1_000;

async function closeListener(http: HttpServer, clock: Clock): Promise<void> {
  const patience = new AbortController();
  const closed = http.close().then(() => patience.abort());
  await clock.sleep(FLUSH_MS, patience.signal).catch(() => {});
  http.server.closeAllConnections();
  await closed;
}

/** A first write that takes longer had to wait, for the check of the pages of an embedded database for example. */
const UNUSUAL_WRITE_MS = 1_000;

/** Logs when the store can be written, where that takes time after a start, or why it cannot. */
async function logFirstWrite({ store, clock, log }: Pick<RunningParts, 'store' | 'clock' | 'log'>): Promise<void> {
  const startedMs = clock.monotonic();
  try {
    await store.ping();
  } catch (error) {
    return log.error({ err: error }, 'the store cannot be written: requests that change something are answered 503');
  }
  const tookMs = Math.round(clock.monotonic() - startedMs);
  if (tookMs > UNUSUAL_WRITE_MS) log.info({ tookMs }, 'the store takes writes now');
}

/** Keeps the certificate that HTTPS is served with the one that is in its files. */
async function watchTls({ config, certificate, http, clock, log }: RunningParts, signal: AbortSignal): Promise<void> {
  if (!config.tlsFiles || !certificate) return;
  warnOfExpiry(certificate, { clock, log });
  await watchCertificate(config.tlsFiles, certificate, { renew: http.renewCertificate, clock, log }, signal);
}

/** The start and the end of a composed control plane. */
export function createRunning(parts: RunningParts): Running {
  const { config, clock, log, confirmedTime, store, lastUsed } = parts;
  const stopping = new AbortController();
  let background: Promise<unknown> = Promise.resolve();

  return {
    async start() {
      const metricsUrl = config.metrics && (await parts.metrics.listen(config.metrics));
      await listenForOperator(parts.operator, config, log);
      if (config.role !== 'api') parts.working.start();
      void logFirstWrite(parts);
      void parts.issuerKeys?.probe();
      background = Promise.all([
        watchTls(parts, stopping.signal),
        watchDataFolder(store, config.dataFolder, { clock, log }, stopping.signal),
        runBackgroundTasks({ ...parts, ...config }, stopping.signal),
      ]);
      return { metricsUrl };
    },
    async stop(drainMs) {
      // NOTE: at once, so that another process takes over while the last requests finish here.
      const handedOver = parts.working.stop();
      const patience = new AbortController();
      await Promise.race([parts.lifecycle.drain(), clock.sleep(drainMs, patience.signal).catch(() => {})]);
      patience.abort();
      parts.eventHub.close();
      await closeListener(parts.http, clock);
      await parts.operator.close();
      await parts.metrics.close();
      stopping.abort();
      await background;
      // NOTE: at the same time, because each of them waits for a store that is silent.
      await Promise.all([
        handedOver,
        lastUsed.flush().catch((error: unknown) => log.warn({ err: error }, 'when keys were used last could not be written')),
        store.keepKnownTime(confirmedTime.known()).catch((error) => log.warn({ err: error }, 'the time could not be written down')),
      ]);
      await parts.engine.close();
      await parts.sharedLimit?.close();
      await store.close();
    },
  };
}
