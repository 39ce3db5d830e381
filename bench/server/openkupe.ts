import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kind, Kinds } from '../../packages/server/src/store/resource.ts';
import { openSqliteStore } from '../../packages/server/src/store/sqlite/sqlite-store.ts';
import type { Change, Store } from '../../packages/server/src/store/store.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'packages', 'server', 'src', 'start', 'main.mjs');

/** A server that runs as its users run it: its own process, from the sources, with nothing preloaded that is not asked for. */
export interface RunningServer {
  readonly port: number;
  readonly pid: number;
  /** From the start of the process to the line that says where it listens, in milliseconds. */
  readonly startMs: number;
  stop(): Promise<void>;
}

/** Limits that no row but the one of refusals reaches. */
export const UNLIMITED = { OPENKUPE_RATE_LIMIT_PER_SECOND: '1000000', OPENKUPE_RATE_LIMIT_BURST: '1000000' };

export async function startServer(folder: string, settings: Readonly<Record<string, string>>): Promise<RunningServer> {
  const startedAt = performance.now();
  const child: ChildProcess = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, OPENKUPE_PORT: '0', OPENKUPE_DATA: folder, OPENKUPE_WRITE_ENV: keyFile(folder), ...settings },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const gone = once(child, 'exit');
  let printed = '';
  for await (const chunk of child.stdout ?? []) {
    printed += chunk;
    if (printed.includes('running at')) break;
  }
  const port = Number(/running at http:\/\/[^:]+:(\d+)/.exec(printed)?.[1]);
  if (!port) throw new Error(`The server did not start: ${printed}`);
  return {
    port,
    pid: child.pid ?? 0,
    startMs: performance.now() - startedAt,
    async stop() {
      child.kill('SIGTERM');
      await gone;
    },
  };
}

const keyFile = (folder: string) => `${folder}.env`;

/** The admin key of the first tenant, written by the first start on the folder. */
export function keyOf(folder: string): string {
  return /KUPE_API_KEY='?(kupe_[\w-]+)/.exec(readFileSync(keyFile(folder), 'utf8'))?.[1] ?? '';
}

function writeOf<K extends Kind>(kind: K, tenant: string, name: string, spec: Kinds[K]['spec'], observed: Kinds[K]['observed']) {
  return { verb: 'create', key: { kind, tenant, name }, uid: `uid-${tenant}-${name}`, spec, observed } as Change['writes'][number];
}

/** What a stored cluster has for an endpoint until a server has made one for it. */
export const STORED_ENDPOINT = 'https://127.0.0.1:1';

const specOf = (name: string) =>
  ({ displayName: `Cluster ${name}`, type: 'shared', version: '1.32', resources: {}, highAvailability: false }) as const;

/** A cluster that is wanted, and of which nothing was observed yet. */
export function clusterToMake(tenant: string, name: string) {
  return writeOf('cluster', tenant, name, specOf(name), {
    observedGeneration: 0,
    kubernetesVersion: '',
    endpoint: '',
    caPem: '',
    waitingFor: '',
  });
}

/** A cluster that runs and has nothing left to do, though the engine has yet to make it. */
function clusterWrite(tenant: string, name: string, at: number) {
  const observed = { acceptedAt: at, readyAt: at, observedGeneration: 1, kubernetesVersion: 'v1.32.3', endpoint: STORED_ENDPOINT };
  return writeOf('cluster', tenant, name, specOf(name), {
    ...observed,
    caPem: `-----BEGIN CERTIFICATE-----\n${'A'.repeat(600)}\n`,
    waitingFor: '',
  });
}

function tenantWrites(tenant: string, clusters: number, at: number): Change['writes'] {
  const names = Array.from({ length: clusters }, (_, index) => `c${index}`);
  const allocated = { cpu: '0', memory: '0', storage: '0' };
  const limits = { enforceMetricsLimit: false, enforceLogLimit: false };
  const spec = { displayName: tenant, contactEmail: 'a@b.example', plan: 'pro', ...limits, members: [] };
  const key = { displayName: 'key', role: 'admin', createdBy: 'a@b.example', keyHash: tenant } as const;
  return [
    writeOf('tenant', tenant, tenant, spec, { clusterCount: clusters, allocated }),
    writeOf('api-key', tenant, `ak-${tenant}`, key, {}),
    ...names.map((name) => clusterWrite(tenant, name, at)),
  ];
}

async function commitAll(store: Store, changes: readonly Change['writes'][], at: number): Promise<void> {
  for (let from = 0; from < changes.length; from += 500)
    await Promise.all(changes.slice(from, from + 500).map((writes) => store.commit({ at, writes })));
}

/** Gives the first tenant of a stopped server `clusters` clusters, and makes `tenants` more with ten clusters each. */
export async function fillStore(folder: string, clusters: number, tenants: number): Promise<void> {
  const at = Date.now();
  const store = await openSqliteStore({ folder });
  const own = Array.from({ length: clusters }, (_, index) => [clusterWrite('demo', `c${index}`, at)]);
  await commitAll(store, own, at);
  const others = Array.from({ length: tenants }, (_, index) => tenantWrites(`t${index}`, 10, at));
  await commitAll(store, others, at);
  await store.close();
}
