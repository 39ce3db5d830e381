import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ErrorBody, Random, Role } from '@openkupe/contract';
import { createManualClock, type ManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { hashApiKey, mintApiKey } from '../auth/api-key.ts';
import { readConfig } from '../config/config.ts';
import { createHttpServer } from '../http/http-server.ts';
import { createPipeline } from '../pipeline/pipeline.ts';
import { createHandlers } from '../routes/index.ts';
import { type ControlPlane, compose } from '../start/compose.ts';
import type { Ports } from '../start/compose-ports.ts';
import { ensureFirstTenant } from '../start/first-tenant.ts';
import { startInlineWriter } from '../store/sqlite/inline-writer.ts';
import type { StartWriter } from '../store/sqlite/writer.ts';
import type { Store } from '../store/store.ts';
import { checkAgainstContract } from './check-against-contract.ts';
import { inject } from './inject.ts';

export interface Sent {
  readonly method: string;
  readonly path: string;
  /** `null` sends no Authorization header; the admin's key is the default. */
  readonly key?: string | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly address?: string;
}

export interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON came
  readonly json: any;
}

/** A control plane in this process: everything real (store, pipeline, engine), only time and chance in the test's hand. */
export interface InProcess {
  readonly clock: ManualClock;
  readonly random: Random;
  readonly plane: ControlPlane;
  readonly adminKey: string;
  readonly dataFolder: string;
  send(request: Sent): Promise<Received>;
  /** The same with some ports replaced, for what cannot be provoked from outside. */
  sendWith(ports: Partial<Ports>, request: Sent): Promise<Received>;
  /** Makes a key straight in the store. */
  makeKey(role: Role, options?: { tenant?: string; expiresAt?: string }): Promise<string>;
  /** Makes a tenant straight in the store. */
  makeTenant(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts an {@link InProcess}. `variables` are the settings, by their OPENKUPE_ names. */
export async function startInProcess(
  variables: Readonly<Record<string, string>> = {},
  startWriter: StartWriter = startInlineWriter,
): Promise<InProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'openkupe-'));
  const clock = createManualClock();
  const random = createSeededRandom(1);
  // NOTE: not imported above, because it starts processes, and a test that does is no unit test.
  const { testDatabaseOf } = await import('../../../../conformance/postgres-server.ts');
  const database = await testDatabaseOf(variables.OPENKUPE_DATA ?? folder);
  const config = readConfig(
    [],
    { OPENKUPE_DATA: folder, OPENKUPE_LOG_LEVEL: 'silent', OPENKUPE_RATE_LIMIT_BURST: '100000', ...database, ...variables },
    folder,
  );
  const plane = await compose(config, { clock, random, startWriter });
  const adminKey = (await ensureFirstTenant(plane.ports)) ?? '';

  async function sendTo(http: ControlPlane['http'], { method, path, key = adminKey, body, headers, address }: Sent): Promise<Received> {
    const response = await inject(http, {
      method: method as 'GET',
      url: path,
      remoteAddress: address ?? '127.0.0.1',
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    checkAgainstContract(method, path, { status: response.statusCode, headers: response.headers, text: response.body });
    return {
      status: response.statusCode,
      headers: response.headers as Record<string, string>,
      text: response.body,
      json: response.body !== '' && /json/.test(String(response.headers['content-type'])) ? JSON.parse(response.body) : undefined,
    };
  }

  return {
    clock,
    random,
    plane,
    adminKey,
    dataFolder: folder,
    send: (request) => sendTo(plane.http, request),
    async sendWith(overrides, request) {
      const ports = { ...plane.ports, ...overrides };
      const http = createHttpServer(createPipeline({ ...ports, handlers: createHandlers(ports) }), ports, {
        ...config,
        expectsProxyHeader: false,
      });
      try {
        return await sendTo(http, request);
      } finally {
        await http.close();
      }
    },
    makeKey: (role, options = {}) => makeKey(plane.ports, role, options),
    makeTenant: (name) => makeTenant(plane.ports.store, name, clock),
    async stop() {
      await clock.runUntil(plane.stop(0));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function makeKey(ports: Ports, role: Role, { tenant = 'demo', expiresAt }: { tenant?: string; expiresAt?: string }): Promise<string> {
  const minted = mintApiKey(ports.random);
  const outcome = await ports.store.commit({
    at: ports.clock.now(),
    writes: [
      {
        verb: 'create',
        key: { kind: 'api-key', tenant, name: minted.id },
        uid: minted.id,
        spec: {
          displayName: 'test',
          role,
          createdBy: 'test@demo.example',
          keyHash: hashApiKey(minted, ports.pepper),
          ...(expiresAt ? { expiresAt } : {}),
        },
        observed: {},
      },
    ],
  });
  if (outcome.outcome !== 'written') throw new Error(`The key was not written: ${outcome.outcome}`);
  return minted.text;
}

async function makeTenant(store: Store, name: string, clock: ManualClock): Promise<void> {
  await store.commit({
    at: clock.now(),
    writes: [
      {
        verb: 'create',
        key: { kind: 'tenant', tenant: name, name },
        uid: `uid-${name}`,
        spec: {
          displayName: name,
          contactEmail: `owner@${name}.example`,
          plan: 'pro',
          enforceMetricsLimit: false,
          enforceLogLimit: false,
          members: [],
        },
        observed: { clusterCount: 0, allocated: { cpu: '0', memory: '0', storage: '0' } },
      },
    ],
  });
}

/** The one field of an error, after checking that it is the only one. */
export function errorOf(received: Received): string {
  const body = received.json as ErrorBody;
  if (Object.keys(body).join() !== 'error' || typeof body.error !== 'string' || body.error === '') {
    throw new Error(`Not the error envelope: ${received.text}`);
  }
  return body.error;
}
