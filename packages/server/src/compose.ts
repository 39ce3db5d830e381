import { join } from 'node:path';
import { ADDRESS_RATE_LIMIT, type Clock, DEFAULT_PLANS, type Random } from '@openkupe/contract';
import type { FastifyInstance } from 'fastify';
import { createApiKeyAuthenticator } from './auth/api-key-authenticator.ts';
import { createAuthenticator } from './auth/authenticator.ts';
import { createLastUsed } from './auth/last-used.ts';
import { createOidcAuthenticator } from './auth/oidc-authenticator.ts';
import type { Config } from './config/config.ts';
import { loadSecrets } from './config/secrets.ts';
import { createSandboxEngine } from './engines/sandbox/sandbox-engine.ts';
import { createGuard } from './guard/create-guard.ts';
import { housekeeping } from './housekeeping.ts';
import { createHttpServer } from './http/http-server.ts';
import { createJsonLog } from './json-log.ts';
import { createLifecycle } from './lifecycle.ts';
import { createPipeline } from './pipeline/pipeline.ts';
import type { Ports } from './ports.ts';
import { createReconciler } from './reconciler/reconciler.ts';
import { openSqliteStore } from './store/sqlite/sqlite-store.ts';

/** The control plane with its adapters chosen. */
export interface ControlPlane {
  readonly ports: Ports;
  readonly http: FastifyInstance;
  /** Starts the reconciler and the housekeeping. The HTTP side is started by listening. */
  start(): Promise<void>;
  /** Lets running requests finish for at most `drainMs`, refuses the rest with 503, then closes everything in order. */
  stop(drainMs: number): Promise<void>;
}

/** The only place that names every adapter. */
export async function compose(config: Config, machine: { clock: Clock; random: Random }): Promise<ControlPlane> {
  const { clock, random } = machine;
  const log = createJsonLog(config.logLevel);
  const store = await openSqliteStore({ folder: config.dataFolder });
  const secrets = await loadSecrets(config.dataFolder, random);
  const engine = await createSandboxEngine({ folder: join(config.dataFolder, 'sandbox'), clock, random, durations: config.durations });
  const lastUsed = createLastUsed({ store, clock });
  const lifecycle = createLifecycle();
  const ports: Ports = {
    clock,
    random,
    store,
    engine,
    lifecycle,
    log,
    guard: createGuard({ clock, random, limits: { address: { ...ADDRESS_RATE_LIMIT, ...config.rateLimit } } }),
    authenticator: createAuthenticator(
      createApiKeyAuthenticator({ store, clock, pepper: secrets.pepper, lastUsed }),
      config.oidc && createOidcAuthenticator(config.oidc, clock),
    ),
    plans: DEFAULT_PLANS,
    trustedProxies: config.trustedProxies,
    pepper: secrets.pepper,
    answerKey: secrets.answerKey,
  };
  const http = createHttpServer(createPipeline(ports), ports);
  const reconciler = createReconciler({ store, engine, clock, random, log });
  const stopping = new AbortController();
  let chores = Promise.resolve();

  return {
    ports,
    http,
    async start() {
      await reconciler.start();
      chores = housekeeping({ store, clock, lastUsed, log }, stopping.signal);
    },
    async stop(drainMs) {
      const patience = new AbortController();
      await Promise.race([lifecycle.drain(), clock.sleep(drainMs, patience.signal).catch(() => {})]);
      patience.abort();
      await closeListener(http, clock);
      stopping.abort();
      await chores;
      await reconciler.stop();
      await lastUsed.flush();
      await engine.close();
      await store.close();
    },
  };
}

/** Answers that are decided still have to reach their callers; whoever is too slow for that is cut off. */
const FLUSH_MS = 1_000;

async function closeListener(http: FastifyInstance, clock: Clock): Promise<void> {
  const patience = new AbortController();
  const closed = http.close().then(() => patience.abort());
  await clock.sleep(FLUSH_MS, patience.signal).catch(() => {});
  http.server.closeAllConnections();
  await closed;
}
